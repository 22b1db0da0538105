"""The columns kubectl prints, one file a family of kinds."""
