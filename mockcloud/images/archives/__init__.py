"""Images as archives: what `docker save` and OCI's image layout hold, and plain folders of files.

Reading an archive (`archive`), what its config says (`image_config`), its layers made files (`unpacking`).
"""
