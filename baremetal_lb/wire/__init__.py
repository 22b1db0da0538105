"""Frames as bytes. With `link` the only place that knows scapy, and it imports scapy by layer."""
