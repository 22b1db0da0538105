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

{{- /* The Lease that the controller asks for: lease_name() of baremetal_lb/settings.py. */ -}}
{{- define "baremetal-lb.lease" -}}
baremetal-lb-controller
{{- with .Values.loadBalancerClass }}
{{- $plain := printf "baremetal-lb-controller-%s" (replace "/" "-" .) }}
{{- $part := "[a-z0-9]([-a-z0-9]*[a-z0-9])?" }}
{{- if and (regexMatch (printf "^%s([.]%s)*$" $part $part) $plain) (le (len $plain) 253) }}
{{- trimPrefix "baremetal-lb-controller" $plain }}
{{- else }}
{{- printf "-%s-%s" (regexReplaceAll "[^a-z0-9]+" (lower .) "-" | trunc 60 | trimSuffix "-") (sha256sum . | trunc 8) }}
{{- end }}
{{- end }}
{{- end }}

{{- /* Where speakers report: status_namespace_of() of baremetal_lb/settings.py. */ -}}
{{- define "baremetal-lb.statusNamespace" -}}
{{- if .Values.statusNamespace.name }}
{{- .Values.statusNamespace.name }}
{{- else }}
{{- $system := hasSuffix "-system" .Release.Namespace }}
{{- $suffix := ternary "-speakers" "-speaker-reports" $system }}
{{- $base := trimSuffix "-system" .Release.Namespace }}
{{- if gt (add (len $base) (len $suffix)) 63 }}
{{- $kept := $base | trunc (sub 54 (len $suffix) | int) | trimSuffix "-" }}
{{- $base = printf "%s-%s" $kept (sha256sum .Release.Namespace | trunc 8) }}
{{- end }}
{{- printf "%s%s" $base $suffix }}
{{- end }}
{{- end }}

{{- /* Not empty where there are heartbeats, and so a key for them. */ -}}
{{- define "baremetal-lb.heartbeats" -}}
{{- if and .Values.speaker.enabled .Values.speaker.memberlist.enabled }}true{{ end }}
{{- end }}

{{- /* A way of replacing pods: what is said of one type's, mostly by default, must not go with another. */ -}}
{{- define "baremetal-lb.strategy" -}}
{{- toYaml (ternary . (omit . "rollingUpdate") (eq (.type | default "RollingUpdate") "RollingUpdate")) }}
{{- end }}

{{- define "baremetal-lb.selector" -}}
app.kubernetes.io/name: {{ include "baremetal-lb.name" . | quote }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
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
priorityClassName: {{ . | quote }}
{{- end }}
{{- with .runtimeClassName }}
runtimeClassName: {{ . | quote }}
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
{{- if not (regexMatch "^[a-z]" (include "baremetal-lb.fullname" .)) }}
{{- fail (printf "objects would be named %q, and the name of a Service begins with a letter a to z: set fullnameOverride" (include "baremetal-lb.fullname" .)) }}
{{- end }}
{{- range $path, $strategy := dict "controller.strategy" .Values.controller.strategy "speaker.updateStrategy" .Values.speaker.updateStrategy }}
{{- $counts := $strategy.rollingUpdate | default dict }}
{{- $none := list "0" "0%" }}
{{- if and (has (toString $counts.maxSurge) $none) (has (toString $counts.maxUnavailable) $none) (ne ($strategy.type | default "RollingUpdate") "OnDelete") (ne $strategy.type "Recreate") }}
{{- fail (printf "%s.rollingUpdate: maxSurge and maxUnavailable are both 0: no pod could ever be replaced" $path) }}
{{- end }}
{{- end }}
{{- end }}
