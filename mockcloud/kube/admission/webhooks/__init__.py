"""MutatingAdmissionWebhook and ValidatingAdmissionWebhook: others are asked, by HTTPS, before a commit.

Source of rules and words: k8s.io/apiserver v0.34 `pkg/admission/plugin/webhook`. Who calls is passed in.
"""
