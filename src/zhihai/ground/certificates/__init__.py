"""Certificates and seals (数字证书、电子印章): making, revoking, signing by them, checking what was signed."""
