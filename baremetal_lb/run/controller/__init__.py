"""The controller's daemon: feeds `decide/controller/machine` while it leads, performs its commands."""
