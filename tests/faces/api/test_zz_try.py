from django.test import Client
def test_one(district):
    c=Client(SERVER_NAME="localhost")
    for u in ["/clock","/api/openapi.json","/api/areas","/api/areas?limit=1","/api/locate?lon=100.015&lat=30.005","/api/devices","/api/devices/east-air/latest","/api/datasets","/api/datasets/air.hourly/rows","/api/figures","/api/targets","/api/inbox","/api/nothing","/ogc/","/ogc/collections","/ogc/collections/streets/items?limit=1","/ogc/conformance","/tiles/areas/10/796/422.mvt","/tiles/areas/10/1/1.mvt","/tiles/cells/15/1/99999.mvt","/tiles/areas/14/12743/6761.mvt","/tiles/x/1/1/1.mvt", "/nothing"]:
        r=c.get(u); 
        b=r.getvalue() if r.streaming else r.content
        print(u, r.status_code, dict(r.headers).get("Content-Type"), b[:300].decode('utf-8','replace'))
