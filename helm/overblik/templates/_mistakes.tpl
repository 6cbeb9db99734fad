{{/* What contradicts itself in the values, all at once: what a schema cannot say. */}}

{{/* Settings whose value is a secret itself, at any depth. */}}
{{- define "overblik.openSecrets" -}}
{{- $path := index . 0 -}}
{{- range $name, $value := index . 1 -}}
{{- $at := printf "%s.%s" $path $name -}}
{{- if and (has $name (list "client_secret" "api_key" "password" "sentinel_password")) $value }}
{{ $at }}: a secret in the configuration would lie in a ConfigMap. Put it into a Secret that secrets.names lists, and set {{ $at }}_file: /run/secrets/overblik/<entry>
{{- else if kindIs "map" $value -}}
{{- include "overblik.openSecrets" (list $at $value) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "overblik.mistakes" -}}
{{- /* A section that is null is none. */ -}}
{{- $config := dict -}}
{{- range $name, $section := .Values.config -}}
{{- if not (kindIs "invalid" $section) -}}
{{- $_ := set $config $name $section -}}
{{- end -}}
{{- end -}}
{{- $policy := .Values.networkPolicy -}}
{{- $several := or .Values.autoscaling.enabled (gt (int .Values.replicaCount) 1) -}}
{{- $sessions := dig "session" "store" "memory" $config -}}
{{- $registry := dig "registry" "store" "files" $config -}}
{{- if not (dig "server" "public_url" "" $config) }}
config.server.public_url: is missing: the origin that browsers see, such as https://overblik.example
{{- end -}}
{{- if not (dig "login" "issuer" "" $config) }}
config.login: is missing: the identity provider; see docs/identity-providers.md
{{- end -}}
{{- range $path := list "server.listen" "operations.listen" "admin.listen" "contracts.directory" "registry.directory" -}}
{{- $parts := splitList "." $path -}}
{{- if hasKey (default (dict) (get $config (first $parts))) (last $parts) }}
config.{{ $path }}: is set by the chart; leave it out
{{- end -}}
{{- end -}}
{{- if and $several (ne $sessions "redis") }}
config.session.store: must be redis for more than one replica: sessions in a pod's memory are known to that pod alone
{{- end -}}
{{- if and $config.registry (ne $registry "redis") }}
config.registry.store: must be redis: files of a pod go away with it
{{- end -}}
{{- $statistics := dig "statistics" "store" "" $config -}}
{{- if or (eq $statistics "files") (and (not $statistics) (dig "statistics" "directory" "" $config)) }}
config.statistics.store: must be redis: files of a pod go away with it
{{- end -}}
{{- $audit := dig "audit" "sink" "" $config -}}
{{- if eq $audit "file" }}
config.audit.sink: must be redis or stdout: files of a pod go away with it
{{- end -}}
{{- $contracts := or .Values.contracts.sources .Values.contracts.existing -}}
{{- if and $config.registry $contracts }}
contracts: are set, and config.registry too: contracts come from one of them
{{- end -}}
{{- if not (or $config.registry $contracts) }}
contracts: none is set, and no config.registry: name contracts.sources or contracts.existing, or a registry
{{- end -}}
{{- if and $config.admin (not $config.registry) }}
config.admin: is the way to a registry, and config.registry is missing
{{- end -}}
{{- range $folder, $files := .Values.contracts.sources -}}
{{- if not (hasKey $files "connector.yaml") }}
contracts.sources.{{ $folder }}: has no connector.yaml
{{- end -}}
{{- $bytes := len (toYaml $files) -}}
{{- if gt $bytes 900000 }}
contracts.sources.{{ $folder }}: takes {{ $bytes }} bytes; a ConfigMap holds 900000. Leave out examples, or use a registry
{{- end -}}
{{- end -}}
{{- if and .Values.ingress.enabled (not .Values.ingress.tlsSecret) }}
ingress.tlsSecret: is missing: the session cookie travels by https alone
{{- end -}}
{{- if and .Values.ingress.enabled (dig "server" "tls" (dict) $config) (ne .Values.ingress.className "nginx") (not .Values.ingress.speaksTls) }}
ingress.speaksTls: is false, and config.server.tls is set: the controller would speak plain HTTP to a listener that speaks TLS. The chart knows how to tell the class nginx; tell another one by ingress.annotations or service.annotations to speak HTTPS to the Service, and say ingress.speaksTls: true
{{- end -}}
{{- $operations := dig "operations" "tls" (dict) $config -}}
{{- if $operations -}}
{{- if get $operations "client_roots_file" }}
config.operations.tls.client_roots_file: the kubelet has no certificate to show, so no probe would ever be answered. Leave it out; networkPolicy.from.operations says who may come
{{- end -}}
{{- if and .Values.serviceMonitor.enabled (not .Values.serviceMonitor.tlsConfig) }}
serviceMonitor.tlsConfig: is missing, and config.operations.tls is set: whose certificate Prometheus believes (ca, serverName)
{{- end -}}
{{- if not (and .Values.test.secret (hasPrefix "/run/secrets/overblik/" .Values.test.trustedRootsFile)) }}
test.trustedRootsFile: is missing, and config.operations.tls is set: name test.secret and the file /run/secrets/overblik/<entry> of it with the certificate's issuer, for `helm test`
{{- end -}}
{{- end -}}
{{- if $policy.enabled -}}
{{- if not $policy.from.public }}
networkPolicy.from.public: names nobody: no citizen would reach the gateway. Name the pods of the ingress controller
{{- end -}}
{{- if and $config.admin (not $policy.from.admin) }}
networkPolicy.from.admin: names nobody, and config.admin is set
{{- end -}}
{{- if and .Values.serviceMonitor.enabled (not $policy.from.operations) }}
networkPolicy.from.operations: names nobody, and serviceMonitor.enabled is true: name the pods of Prometheus
{{- end -}}
{{- range $name := list "provider" "sources" -}}
{{- if not (get $policy.to $name) }}
networkPolicy.to.{{ $name }}: is missing: the gateway would reach nothing there
{{- end -}}
{{- end -}}
{{- if and (or (has "redis" (list $sessions $audit $statistics)) $config.registry) (not (get $policy.to "redis")) }}
networkPolicy.to.redis: is missing, and config names a Redis
{{- end -}}
{{- else if not $policy.enforcedElsewhere }}
networkPolicy.enabled: is false, and whoever reaches the operations listener may switch sources off. Say networkPolicy.enforcedElsewhere: true if something else keeps everybody away
{{- end -}}
{{- if and .Values.prometheusRule.enabled (not (.Files.Get "files/alerts.yml")) }}
prometheusRule.enabled: this chart holds no alert rules (files/alerts.yml)
{{- end -}}
{{- if .Values.autoscaling.enabled -}}
{{- if gt (int .Values.autoscaling.minReplicas) (int .Values.autoscaling.maxReplicas) }}
autoscaling.minReplicas: is more than autoscaling.maxReplicas
{{- end -}}
{{- end -}}
{{- include "overblik.openSecrets" (list "config" $config) -}}
{{- end -}}

{{- define "overblik.check" -}}
{{- $mistakes := include "overblik.mistakes" . | trim -}}
{{- if $mistakes -}}
{{- fail (printf "these values cannot be used:\n%s\n" $mistakes) -}}
{{- end -}}
{{- end -}}
