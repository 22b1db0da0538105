"""What comes between a request and the commit of its write: a chain that changes the object, then checks it.

Its members are named as kube-apiserver's admission plug-ins are. They may wait (a webhook has to); what they
decided on may be gone by then, which the registry sees to.
"""
