{{/* What every container of the image has: no rights, no place to write but for what goes away, and the same files. */}}
{{- define "overblik.container" -}}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  runAsNonRoot: true
  capabilities:
    drop: [ALL]
  seccompProfile:
    type: RuntimeDefault
resources:
  {{- toYaml .Values.resources | nindent 2 }}
volumeMounts:
  # Folders and not single files, so that what changes in them arrives.
  - name: config
    mountPath: /etc/overblik/config
    readOnly: true
  {{- if .Values.config.registry }}
  - name: registry
    mountPath: /var/lib/overblik
  {{- else }}
  - name: contracts
    mountPath: /etc/overblik/contracts
    readOnly: true
  {{- end }}
  {{- if .Values.secrets.names }}
  - name: secrets
    mountPath: /run/secrets/overblik
    readOnly: true
  {{- end }}
{{- end -}}
