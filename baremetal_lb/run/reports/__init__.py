"""Watches the speakers' reports for the controller; what follows is `decide/controller/publisher`."""
