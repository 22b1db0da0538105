"""Archives of images, made by hand: `docker save`'s, and OCI's image layout."""

import hashlib
import io
import json
import tarfile


def layer(*entries, compression=""):
    """A tar of (name, content) each; None makes a folder, `-> TARGET` a link; a TarInfo goes as it is."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode=f"w:{compression}") as tar:
        for entry in entries:
            if isinstance(entry, tarfile.TarInfo):
                tar.addfile(entry)
            else:
                tar.addfile(*_member(*entry))
    return file.getvalue()


def _member(name, content):
    info = tarfile.TarInfo(name)
    info.mode = 0o755
    if content is None:
        info.type = tarfile.DIRTYPE
        return info, None
    if isinstance(content, str) and content.startswith("-> "):
        info.type, info.linkname = tarfile.SYMTYPE, content.removeprefix("-> ")
        return info, None
    data = content.encode() if isinstance(content, str) else content
    info.size = len(data)
    return info, io.BytesIO(data)


def saved(config, layers, tags=("shop:v1",)):
    """What `docker save` wrote before OCI's layout was added to it."""
    files = {f"{number}/layer.tar": content for number, content in enumerate(layers)}
    manifest = [{"Config": "c.json", "RepoTags": list(tags), "Layers": list(files)}]
    return _tar(
        {"manifest.json": json.dumps(manifest).encode(), "c.json": json.dumps(config).encode(), **files}
    )


def layout(config, layers, annotations=None, *, nested=False):
    """The files of an OCI image layout, name -> content; `nested`: for several machines."""
    files = {"oci-layout": b'{"imageLayoutVersion": "1.0.0"}'}

    def blob(content):
        digest = hashlib.sha256(content).hexdigest()
        files[f"blobs/sha256/{digest}"] = content
        return {"digest": f"sha256:{digest}", "size": len(content)}

    manifest = {"config": blob(json.dumps(config).encode()), "layers": [blob(one) for one in layers]}
    found = blob(json.dumps(manifest).encode())
    if nested:
        other = {**blob(b"{}"), "platform": {"os": "linux", "architecture": "s390x"}}
        ours = {**found, "platform": {"os": "linux", "architecture": config["architecture"]}}
        found = blob(json.dumps({"manifests": [other, ours]}).encode())
    index = {"manifests": [{**found, "annotations": annotations or {}}]}
    files["index.json"] = json.dumps(index).encode()
    return files


def packed(files):
    """Such files as one tar, as `skopeo copy ... oci-archive:` writes them."""
    return _tar(files)


def _tar(files):
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as tar:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return file.getvalue()
