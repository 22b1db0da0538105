"""Starting both control planes, asking them the same, and comparing what they say."""
