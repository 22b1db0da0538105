"""The processes of a lab, from the one that holds it together to the daemons it starts."""
