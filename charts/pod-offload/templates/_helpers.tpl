{{- define "pod-offload.image" -}}
{{- with .Values.image -}}
{{ .repository }}{{ if .digest }}@{{ .digest }}{{ else }}:{{ .tag | default $.Chart.AppVersion }}{{ end }}
{{- end -}}
{{- end -}}

{{/* Labels of everything; with a component those of a workload. */}}
{{- define "pod-offload.labels" -}}
app.kubernetes.io/name: pod-offload
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
{{- with .component }}
app.kubernetes.io/component: {{ . }}
{{- end }}
{{- end -}}

{{/* What Services, budgets and policies select by; never changes between versions. */}}
{{- define "pod-offload.selector" -}}
app.kubernetes.io/name: pod-offload
app.kubernetes.io/component: {{ . }}
{{- end -}}

{{- define "pod-offload.resources" -}}
{{- $resources := list -}}
{{- range .Values.profiles -}}{{- $resources = append $resources .resource -}}{{- end -}}
{{- $resources | uniq | sortAlpha | join "," -}}
{{- end -}}

{{/*
Probes by which a starved process is not killed: its restart needs more of the CPU that it does not get. A minute without an
answer is 7 failures of 12; a process that hangs is restarted after two minutes, and readiness takes it out of service
before. A start may take five minutes.
*/}}
{{- define "pod-offload.patientProbes" -}}
startupProbe:
  httpGet: {path: /actuator/health/liveness, port: management}
  periodSeconds: 1
  timeoutSeconds: 5
  failureThreshold: 300
livenessProbe:
  httpGet: {path: /actuator/health/liveness, port: management}
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 12
{{- end -}}

{{/* Whole seconds, rounded up, of a duration such as 1500ms, 10s, 2m, 1h or 1d */}}
{{- define "pod-offload.seconds" -}}
{{- $number := regexFind "^[0-9]+" . | int64 -}}
{{- $unit := regexFind "[a-z]+$" . -}}
{{- if eq $unit "ms" -}}
{{- div (add $number 999) 1000 -}}
{{- else -}}
{{- mul $number (get (dict "s" 1 "m" 60 "h" 3600 "d" 86400) $unit) -}}
{{- end -}}
{{- end -}}

{{/* true where the object is absent or is this release's own: {root, apiVersion, kind, namespace, name} */}}
{{- define "pod-offload.mayMake" -}}
{{- if not .root.Values.checkCluster -}}
true
{{- else -}}
{{- $existing := lookup .apiVersion .kind .namespace .name -}}
{{- $owner := dig "metadata" "annotations" "meta.helm.sh/release-name" "" $existing -}}
{{- if or (not $existing) (eq $owner .root.Release.Name) -}}
true
{{- end -}}
{{- end -}}
{{- end -}}

{{/* Refuses what a schema cannot see. */}}
{{- define "pod-offload.check" -}}
{{- if not (hasKey .Values.profiles "default") -}}
{{- fail "profiles.default is missing: it is what pods get that name no profile" -}}
{{- end -}}
{{- if eq .Values.certificates.mode "provided" -}}
{{- if or (not .Values.certificates.provided.secretName) (not .Values.certificates.provided.caBundle) -}}
{{- fail "certificates.mode is provided: set certificates.provided.secretName to your Secret of the type kubernetes.io/tls, and certificates.provided.caBundle to the PEM text of its authority" -}}
{{- end -}}
{{- end -}}
{{- if and .Values.kubeOvn.create (not .Values.kubeOvn.subnet.cidr) -}}
{{- fail "kubeOvn.create is true: set kubeOvn.subnet.cidr to the addresses that pods get, for example 10.66.0.0/16; Kube-OVN gives none to a network without a Subnet" -}}
{{- end -}}
{{- range $name, $subnet := .Values.kubeOvn.subnets -}}
{{- if not (hasKey $.Values.profiles $name) -}}
{{- fail (printf "kubeOvn.subnets.%s is for no profile; there are: %s" $name (keys $.Values.profiles | sortAlpha | join ", ")) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* Settings of the binder, for it and for each command in its container. */}}
{{- define "pod-offload.binderEnvironment" -}}
- name: POD_OFFLOAD_NODE_NAME
  valueFrom: {fieldRef: {fieldPath: spec.nodeName}}
- {name: POD_OFFLOAD_NAMESPACE, value: {{ .Release.Namespace | quote }}}
- {name: POD_OFFLOAD_RESOURCES, value: {{ include "pod-offload.resources" . | quote }}}
{{- with .Values.nodeBinder.exclude }}
- {name: POD_OFFLOAD_EXCLUDE, value: {{ join "," . | quote }}}
{{- end }}
- {name: POD_OFFLOAD_RESYNC, value: {{ .Values.nodeBinder.resync | quote }}}
- {name: POD_OFFLOAD_BRIDGE, value: {{ .Values.nodeBinder.bridge | quote }}}
- {name: POD_OFFLOAD_OVSDB_SOCKET, value: /run/openvswitch/db.sock}
- {name: POD_OFFLOAD_CRI_SOCKET, value: {{ printf "/run/cri/%s" (base .Values.nodeBinder.criSocket) | quote }}}
- {name: POD_OFFLOAD_KUBELET_SOCKET, value: /var/lib/kubelet/pod-resources/kubelet.sock}
- {name: POD_OFFLOAD_COMMAND_SOCKET, value: /run/pod-offload/binder.sock}
- {name: SERVER_PORT, value: {{ .Values.nodeBinder.port | quote }}}
{{- if .Values.nodePreparation.enabled }}
- {name: SPRING_CONFIG_ADDITIONAL_LOCATION, value: /etc/pod-offload/preparation.yaml}
- {name: POD_OFFLOAD_PREPARE_UDEV_RULES, value: /host/udev-rules}
{{- end }}
{{- with .Values.nodeBinder.settings }}
- {name: SPRING_APPLICATION_JSON, value: {{ toJson . | quote }}}
{{- end }}
{{- end -}}
