"""Pack: complaints about looks at personal data (个人信息查阅投诉)."""
