"""Requests and answers as they travel: read and written by botocore's models; no shape is typed here."""
