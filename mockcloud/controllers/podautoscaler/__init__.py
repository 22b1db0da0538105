"""HorizontalPodAutoscalers: so many replicas as the targets of metrics ask for.

Source: kubernetes v1.34 `pkg/controller/podautoscaler`.
"""
