"""The lab's controller manager: a folder a controller, and what they share.

A controller's folder has `controller.py` (wakes, gathers, performs), `plan.py` (pure: what is to be done) and
where needed `objects.py` (its own kinds as values), `status.py` (pure), `writer.py` (what it writes).
Controllers' folders do not import each other; `runtime`, `objects`, `adoption` and `endpointslice_shared` are
for all. A new controller is a new folder and its line in `manager.py`.
"""
