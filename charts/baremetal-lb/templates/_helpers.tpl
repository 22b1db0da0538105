{{- define "baremetal-lb.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 48 | trimSuffix "-" }}
{{- end }}

{{- define "baremetal-lb.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 48 | trimSuffix "-" }}
{{- else if contains (include "baremetal-lb.name" .) .Release.Name }}
{{- .Release.Name | trunc 48 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name (include "baremetal-lb.name" .) | trunc 48 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{- define "baremetal-lb.controller" -}}
{{ include "baremetal-lb.fullname" . }}-controller
{{- end }}

{{- define "baremetal-lb.speaker" -}}
{{ include "baremetal-lb.fullname" . }}-speaker
{{- end }}

{{- define "baremetal-lb.controllerAccount" -}}
{{- with .Values.controller.serviceAccount }}
{{- .name | default (ternary (include "baremetal-lb.controller" $) "default" .create) }}
{{- end }}
{{- end }}

{{- define "baremetal-lb.speakerAccount" -}}
{{- with .Values.speaker.serviceAccount }}
{{- .name | default (ternary (include "baremetal-lb.speaker" $) "default" .create) }}
{{- end }}
{{- end }}

{{- /* Objects of the whole cluster: releases of one name in two namespaces must not meet. */ -}}
{{- define "baremetal-lb.clusterName" -}}
{{ .Release.Namespace }}:{{ include "baremetal-lb.fullname" . }}
{{- end }}

{{- define "baremetal-lb.configMap" -}}
{{ .Values.existingConfigMap | default "config" }}
{{- end }}

{{- /* The Lease that the controller asks for: baremetal_lb/settings.py. */ -}}
{{- define "baremetal-lb.lease" -}}
baremetal-lb-controller{{ with .Values.loadBalancerClass }}-{{ . | replace "/" "-" }}{{ end }}
{{- end }}

{{- define "baremetal-lb.statusNamespace" -}}
{{- .Values.statusNamespace.name | default (printf "%s-speakers" (.Release.Namespace | trimSuffix "-system" | trunc 54 | trimSuffix "-")) }}
{{- end }}

{{- define "baremetal-lb.selector" -}}
app.kubernetes.io/name: {{ include "baremetal-lb.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "baremetal-lb.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{ include "baremetal-lb.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{- define "baremetal-lb.image" -}}
image: {{ printf "%s:%s" .Values.image.repository (.Values.image.tag | default .Chart.AppVersion) | quote }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
{{- end }}

{{- define "baremetal-lb.commonArguments" -}}
- --namespace=$(POD_NAMESPACE)
- --config-map={{ include "baremetal-lb.configMap" . }}
- --status-namespace={{ include "baremetal-lb.statusNamespace" . }}
{{- with .Values.loadBalancerClass }}
- --load-balancer-class={{ . }}
{{- end }}
- --metrics-port={{ .Values.prometheus.metricsPort }}
{{- end }}

{{- define "baremetal-lb.scrapeAnnotations" -}}
{{- if .Values.prometheus.scrapeAnnotations }}
prometheus.io/scrape: "true"
prometheus.io/port: {{ .Values.prometheus.metricsPort | quote }}
prometheus.io/path: /metrics
{{- end }}
{{- end }}

{{- define "baremetal-lb.probe" -}}
httpGet:
  path: {{ .path }}
  port: metrics
{{ toYaml (omit .probe "enabled") }}
{{- end }}

{{- define "baremetal-lb.probes" -}}
{{- if .startupProbe.enabled }}
startupProbe:
  {{- include "baremetal-lb.probe" (dict "path" "/healthz" "probe" .startupProbe) | nindent 2 }}
{{- end }}
{{- if .livenessProbe.enabled }}
livenessProbe:
  {{- include "baremetal-lb.probe" (dict "path" "/healthz" "probe" .livenessProbe) | nindent 2 }}
{{- end }}
{{- if .readinessProbe.enabled }}
readinessProbe:
  {{- include "baremetal-lb.probe" (dict "path" "/readyz" "probe" .readinessProbe) | nindent 2 }}
{{- end }}
{{- end }}

{{- /* What both daemons' values say of where their pods run. */ -}}
{{- define "baremetal-lb.placement" -}}
nodeSelector:
  kubernetes.io/os: linux
  {{- with .nodeSelector }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- with .affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with .runtimeClassName }}
runtimeClassName: {{ . }}
{{- end }}
{{- end }}

{{- /* What no schema can say. Fails with the name of the value. */ -}}
{{- define "baremetal-lb.validate" -}}
{{- $sources := list }}
{{- if .Values.addressPools }}{{ $sources = append $sources "addressPools" }}{{ end }}
{{- if .Values.configInline }}{{ $sources = append $sources "configInline" }}{{ end }}
{{- if .Values.existingConfigMap }}{{ $sources = append $sources "existingConfigMap" }}{{ end }}
{{- if gt (len $sources) 1 }}
{{- fail (printf "%s are given at once: the pools come from one of them only" (join " and " $sources)) }}
{{- end }}
{{- if eq (include "baremetal-lb.statusNamespace" .) .Release.Namespace }}
{{- fail (printf "statusNamespace.name is %q, the release's own namespace: speakers need one in which nothing else lives" .Release.Namespace) }}
{{- end }}
{{- if and .Values.prometheus.serviceMonitor.enabled .Values.prometheus.podMonitor.enabled }}
{{- fail "prometheus.serviceMonitor.enabled and prometheus.podMonitor.enabled are both true: everything would be scraped twice" }}
{{- end }}
{{- end }}
