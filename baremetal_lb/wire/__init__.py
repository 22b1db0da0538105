"""Frames and datagrams as bytes. The one place that knows scapy, which it imports by layer."""
