{{/* Names and labels. */}}
{{- define "overblik.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 50 | trimSuffix "-" -}}
{{- end -}}

{{- define "overblik.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 50 | trimSuffix "-" -}}
{{- else if contains (include "overblik.name" .) .Release.Name -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name (include "overblik.name" .) | trunc 50 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "overblik.selector" -}}
app.kubernetes.io/name: {{ include "overblik.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: gateway
{{- end -}}

{{- define "overblik.labels" -}}
{{ include "overblik.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end -}}

{{- define "overblik.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ default .Chart.AppVersion .Values.image.tag }}
{{- end -}}
{{- end -}}

{{- define "overblik.serviceAccount" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "overblik.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{/* The name of the ConfigMap of a contract, "<authority>/<source>". */}}
{{- define "overblik.contractName" -}}
{{- $folder := index . 1 -}}
{{- printf "%s-contract-%s-%s" (include "overblik.fullname" (index . 0)) ($folder | replace "/" "-" | trunc 100 | trimSuffix "-") (sha256sum $folder | trunc 8) -}}
{{- end -}}

{{/* A file's path as a key of a ConfigMap, which may hold no slash. */}}
{{- define "overblik.key" -}}
{{- . | replace "/" ".." -}}
{{- end -}}

{{/* Seconds that the process takes to end once it is told to. */}}
{{- define "overblik.grace" -}}
{{- add (dig "server" "grace_s" 15 .Values.config) (dig "server" "notice_s" 0 .Values.config) -}}
{{- end -}}

{{/* How the operations listener is asked: the kubelet looks at no certificate, and shows none. */}}
{{- define "overblik.probe" -}}
port: operations
{{- if dig "tls" (dict) (default (dict) .Values.config.operations) }}
scheme: HTTPS
{{- end }}
{{- end -}}

{{/* The configuration file: what the values say, with what only the chart can know. */}}
{{- define "overblik.config" -}}
{{- include "overblik.check" . -}}
{{- $config := deepCopy .Values.config -}}
{{- $_ := set $config "server" (merge (dict "listen" "0.0.0.0:8080") $config.server) -}}
{{- $_ := set $config "operations" (merge (dict "listen" "0.0.0.0:9090") (default (dict) $config.operations)) -}}
{{- if $config.admin -}}
{{- $_ := set $config "admin" (merge (dict "listen" "0.0.0.0:8090") $config.admin) -}}
{{- end -}}
{{- if $config.registry -}}
{{- $_ := set $config "registry" (merge (dict "directory" "/var/lib/overblik/registry") $config.registry) -}}
{{- else -}}
{{- $_ := set $config "contracts" (dict "directory" "/etc/overblik/contracts") -}}
{{- end -}}
{{- toYaml $config -}}
{{- end -}}

{{/* What of the values changes what a pod reads. */}}
{{- define "overblik.checksum" -}}
{{- printf "%s%s%s" (include "overblik.config" .) (toYaml .Values.contracts) (toYaml .Values.secrets.names) | sha256sum -}}
{{- end -}}
