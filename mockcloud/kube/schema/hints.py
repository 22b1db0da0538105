"""What the client's models do not say of a field: how it merges, and how wide its numbers are.

Source: the `x-kubernetes-*` extensions and formats of `api/openapi-spec/v3`, k8s.io/kubernetes v1.36.3, from
the markers `+listType`, `+listMapKey`, `+mapType` and the tags `patchStrategy`, `patchMergeKey`.
Only the generator reads this; its output carries the hints.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Hint:
    """How patches treat the fields named in `of` (`Struct.field`, space-separated)."""

    of: str
    patch_strategy: str = ""
    patch_merge_key: str = ""
    list_type: str = ""
    list_map_keys: tuple[str, ...] = ()
    map_type: str = ""


HINTS: tuple[Hint, ...] = (
    Hint(
        "DaemonSetStatus.conditions DeploymentStatus.conditions NamespaceStatus.conditions "
        "NodeStatus.addresses NodeStatus.conditions PersistentVolumeClaimStatus.conditions "
        "PodStatus.conditions ReplicaSetStatus.conditions ReplicationControllerStatus.conditions "
        "APIServiceStatus.conditions FlowSchemaStatus.conditions HorizontalPodAutoscalerStatus.conditions "
        "PriorityLevelConfigurationStatus.conditions "
        "PodDisruptionBudgetStatus.conditions ServiceCIDRStatus.conditions ServiceStatus.conditions "
        "StatefulSetStatus.conditions",
        patch_strategy="merge",
        patch_merge_key="type",
        list_type="map",
        list_map_keys=("type",),
    ),
    Hint(
        "HTTPIngressRuleValue.paths IngressLoadBalancerIngress.ports IngressLoadBalancerStatus.ingress "
        "IngressSpec.rules IngressSpec.tls IngressTLS.hosts Scheduling.tolerations "
        "StorageClass.allowedTopologies StorageClass.mountOptions "
        "TopologySelectorLabelRequirement.values TopologySelectorTerm.matchLabelExpressions",
        list_type="atomic",
    ),
    Hint("JobStatus.conditions", patch_strategy="merge", patch_merge_key="type", list_type="atomic"),
    Hint(
        "CronJobStatus.active LimitRangeSpec.limits ResourceQuotaSpec.scopes ScopeSelector.matchExpressions "
        "ScopedResourceSelectorRequirement.values PodFailurePolicy.rules "
        "PodFailurePolicyRule.onPodConditions SuccessPolicy.rules",
        list_type="atomic",
    ),
    Hint(
        "PodFailurePolicyOnExitCodesRequirement.values UncountedTerminatedPods.failed "
        "UncountedTerminatedPods.succeeded",
        list_type="set",
    ),
    Hint("DeploymentSpec.strategy", patch_strategy="retainKeys"),
    Hint(
        "MutatingWebhook.matchConditions MutatingWebhookConfiguration.webhooks "
        "ValidatingWebhook.matchConditions ValidatingWebhookConfiguration.webhooks",
        patch_strategy="merge",
        patch_merge_key="name",
        list_type="map",
        list_map_keys=("name",),
    ),
    Hint(
        "MutatingWebhook.admissionReviewVersions MutatingWebhook.rules RuleWithOperations.apiGroups "
        "RuleWithOperations.apiVersions RuleWithOperations.operations RuleWithOperations.resources "
        "ValidatingWebhook.admissionReviewVersions ValidatingWebhook.rules",
        list_type="atomic",
    ),
    Hint(
        "ValidatingAdmissionPolicyBindingSpec.matchResources ValidatingAdmissionPolicyBindingSpec.paramRef "
        "ValidatingAdmissionPolicySpec.matchConstraints ValidatingAdmissionPolicySpec.paramKind",
        map_type="atomic",
    ),
    Hint("ValidatingAdmissionPolicyBindingSpec.validationActions", list_type="set"),
    Hint(
        "ValidatingAdmissionPolicySpec.auditAnnotations ValidatingAdmissionPolicySpec.validations "
        "TypeChecking.expressionWarnings",
        list_type="atomic",
    ),
    Hint(
        "ValidatingAdmissionPolicySpec.matchConditions ValidatingAdmissionPolicySpec.variables",
        patch_strategy="merge",
        patch_merge_key="name",
        list_type="map",
        list_map_keys=("name",),
    ),
    Hint("ValidatingAdmissionPolicyStatus.conditions", list_type="map", list_map_keys=("type",)),
    Hint(
        "CertificateSigningRequestStatus.conditions CustomResourceDefinitionStatus.conditions",
        list_type="map",
        list_map_keys=("type",),
    ),
    Hint(
        "JSONSchemaProps.x-kubernetes-validations",
        patch_strategy="merge",
        patch_merge_key="rule",
        list_type="map",
        list_map_keys=("rule",),
    ),
    Hint(
        "CustomResourceDefinitionNames.categories CustomResourceDefinitionNames.shortNames "
        "CustomResourceDefinitionSpec.versions CustomResourceDefinitionStatus.storedVersions "
        "CustomResourceDefinitionVersion.additionalPrinterColumns "
        "CustomResourceDefinitionVersion.selectableFields JSONSchemaProps.allOf JSONSchemaProps.anyOf "
        "JSONSchemaProps.enum JSONSchemaProps.oneOf JSONSchemaProps.required "
        "JSONSchemaProps.x-kubernetes-list-map-keys WebhookConversion.conversionReviewVersions",
        list_type="atomic",
    ),
    Hint(
        "Capabilities.add Capabilities.drop CephFSVolumeSource.monitors ConfigMapProjection.items "
        "ConfigMapVolumeSource.items Container.args Container.command Container.envFrom "
        "Container.resizePolicy Container.restartPolicyRules ContainerImage.names "
        "DownwardAPIProjection.items DownwardAPIVolumeSource.items EndpointHints.forNodes "
        "EndpointHints.forZones EndpointSlice.endpoints EndpointSlice.ports EndpointSubset.addresses "
        "EndpointSubset.notReadyAddresses EndpointSubset.ports Endpoints.subsets "
        "EphemeralContainer.args EphemeralContainer.command EphemeralContainer.envFrom "
        "EphemeralContainer.resizePolicy EphemeralContainer.restartPolicyRules ExecAction.command "
        "FCVolumeSource.targetWWNs FCVolumeSource.wwids FieldSelectorAttributes.requirements "
        "FieldSelectorRequirement.values HTTPGetAction.httpHeaders HostAlias.hostnames "
        "ISCSIVolumeSource.portals LabelSelector.matchExpressions "
        "LabelSelectorAttributes.requirements LabelSelectorRequirement.values "
        "LinuxContainerUser.supplementalGroups LoadBalancerIngress.ports LoadBalancerStatus.ingress "
        "NamespaceSpec.finalizers NodeAffinity.preferredDuringSchedulingIgnoredDuringExecution "
        "NodeSelector.nodeSelectorTerms NodeSelectorRequirement.values "
        "NodeSelectorTerm.matchExpressions NodeSelectorTerm.matchFields NodeSpec.taints "
        "NodeStatus.declaredFeatures NodeStatus.images NodeStatus.runtimeHandlers "
        "NodeStatus.volumesAttached NodeStatus.volumesInUse ObjectMeta.managedFields "
        "PersistentVolumeClaimSpec.accessModes PersistentVolumeClaimStatus.accessModes "
        "PodAffinity.preferredDuringSchedulingIgnoredDuringExecution "
        "PodAffinity.requiredDuringSchedulingIgnoredDuringExecution PodAffinityTerm.matchLabelKeys "
        "PodAffinityTerm.mismatchLabelKeys PodAffinityTerm.namespaces "
        "PodAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution "
        "PodAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution PodDNSConfig.nameservers "
        "PodDNSConfig.options PodDNSConfig.searches PodExtendedResourceClaimStatus.requestMappings "
        "PodSecurityContext.supplementalGroups PodSecurityContext.sysctls PodSpec.readinessGates "
        "PodSpec.tolerations PodStatus.containerStatuses PodStatus.ephemeralContainerStatuses "
        "PodStatus.initContainerStatuses PodStatus.nodeAllocatableResourceClaimStatuses "
        "ProjectedVolumeSource.sources RBDVolumeSource.monitors SecretProjection.items "
        "SecretVolumeSource.items ServiceAccount.imagePullSecrets ServiceSpec.clusterIPs "
        "ServiceSpec.externalIPs ServiceSpec.ipFamilies ServiceSpec.loadBalancerSourceRanges "
        "StatefulSetSpec.volumeClaimTemplates TopologySpreadConstraint.matchLabelKeys",
        list_type="atomic",
    ),
    Hint(
        "TokenRequestSpec.audiences TokenReviewSpec.audiences TokenReviewStatus.audiences UserInfo.groups "
        "NonResourceRule.nonResourceURLs NonResourceRule.verbs ResourceRule.apiGroups "
        "ResourceRule.resourceNames ResourceRule.resources ResourceRule.verbs SubjectAccessReviewSpec.groups "
        "SubjectRulesReviewStatus.nonResourceRules SubjectRulesReviewStatus.resourceRules "
        "AggregationRule.clusterRoleSelectors ClusterRole.rules ClusterRoleBinding.subjects "
        "PolicyRule.apiGroups PolicyRule.nonResourceURLs PolicyRule.resourceNames PolicyRule.resources "
        "PolicyRule.verbs Role.rules RoleBinding.subjects "
        "IPBlock.except NetworkPolicyEgressRule.ports NetworkPolicyEgressRule.to "
        "NetworkPolicyIngressRule.from NetworkPolicyIngressRule.ports NetworkPolicySpec.egress "
        "NetworkPolicySpec.ingress NetworkPolicySpec.policyTypes ServiceCIDRSpec.cidrs "
        "CephFSPersistentVolumeSource.monitors ISCSIPersistentVolumeSource.portals "
        "ISCSIVolumeSource.portals RBDPersistentVolumeSource.monitors PersistentVolumeSpec.accessModes "
        "CertificateSigningRequestSpec.groups CertificateSigningRequestSpec.request "
        "CertificateSigningRequestSpec.usages CertificateSigningRequestStatus.certificate "
        "APIServiceSpec.caBundle FlowSchemaSpec.rules HPAScalingRules.policies "
        "HorizontalPodAutoscalerSpec.metrics HorizontalPodAutoscalerStatus.currentMetrics "
        "PolicyRulesWithSubjects.nonResourceRules PolicyRulesWithSubjects.resourceRules "
        "PolicyRulesWithSubjects.subjects "
        "PersistentVolumeSpec.mountOptions CSIDriverSpec.tokenRequests CSINodeDriver.topologyKeys",
        list_type="atomic",
    ),
    Hint(
        "CSIDriverSpec.volumeLifecycleModes NonResourcePolicyRule.nonResourceURLs "
        "NonResourcePolicyRule.verbs ResourcePolicyRule.apiGroups ResourcePolicyRule.namespaces "
        "ResourcePolicyRule.resources "
        "ResourcePolicyRule.verbs",
        list_type="set",
    ),
    Hint("PersistentVolumeSpec.claimRef", map_type="granular"),
    Hint("PersistentVolumeClaimStatus.allocatedResourceStatuses", map_type="granular"),
    Hint("PodDisruptionBudgetSpec.selector", patch_strategy="replace"),
    Hint(
        "CSINodeSpec.drivers Container.env ContainerStatus.allocatedResourcesStatus EphemeralContainer.env "
        "PodSpec.containers PodSpec.ephemeralContainers PodSpec.imagePullSecrets "
        "PodSpec.initContainers PodSpec.schedulingGates ServiceAccount.secrets",
        patch_strategy="merge",
        patch_merge_key="name",
        list_type="map",
        list_map_keys=("name",),
    ),
    Hint(
        "Container.ports EphemeralContainer.ports",
        patch_strategy="merge",
        patch_merge_key="containerPort",
        list_type="map",
        list_map_keys=("containerPort", "protocol"),
    ),
    Hint(
        "Container.volumeDevices EphemeralContainer.volumeDevices",
        patch_strategy="merge",
        patch_merge_key="devicePath",
        list_type="map",
        list_map_keys=("devicePath",),
    ),
    Hint(
        "Container.volumeMounts ContainerStatus.volumeMounts EphemeralContainer.volumeMounts",
        patch_strategy="merge",
        patch_merge_key="mountPath",
        list_type="map",
        list_map_keys=("mountPath",),
    ),
    Hint(
        "ContainerRestartRuleOnExitCodes.values Endpoint.addresses "
        "NodeAllocatableResourceClaimStatus.containers",
        list_type="set",
    ),
    Hint("NodeSpec.podCIDRs ObjectMeta.finalizers", patch_strategy="merge", list_type="set"),
    Hint(
        "PodSpec.hostAliases PodStatus.podIPs",
        patch_strategy="merge",
        patch_merge_key="ip",
        list_type="map",
        list_map_keys=("ip",),
    ),
    Hint(
        "PodSpec.nodeSelector ReplicationControllerSpec.selector Scheduling.nodeSelector "
        "ServiceSpec.selector",
        map_type="atomic",
    ),
    Hint(
        "PodSpec.resourceClaims PodSpec.volumes PodStatus.resourceClaimStatuses",
        patch_strategy="merge,retainKeys",
        patch_merge_key="name",
        list_type="map",
        list_map_keys=("name",),
    ),
    Hint(
        "PodSpec.topologySpreadConstraints",
        patch_strategy="merge",
        patch_merge_key="topologyKey",
        list_type="map",
        list_map_keys=("topologyKey", "whenUnsatisfiable"),
    ),
    Hint("PodStatus.hostIPs", patch_strategy="merge", patch_merge_key="ip", list_type="atomic"),
    Hint("ResourceRequirements.claims", list_type="map", list_map_keys=("name",)),
    Hint("ResourceStatus.resources", list_type="map", list_map_keys=("resourceID",)),
    Hint(
        "ServiceSpec.ports",
        patch_strategy="merge",
        patch_merge_key="port",
        list_type="map",
        list_map_keys=("port", "protocol"),
    ),
    Hint(
        "ObjectMeta.ownerReferences",
        patch_strategy="merge",
        patch_merge_key="uid",
        list_type="map",
        list_map_keys=("uid",),
    ),
)

QUANTITIES = frozenset(
    [
        "CSIStorageCapacity.capacity",
        "CSIStorageCapacity.maximumVolumeSize",
        "ContainerStatus.allocatedResources",
        "EmptyDirVolumeSource.sizeLimit",
        "HPAScalingRules.tolerance",
        "LimitRangeItem.default",
        "LimitRangeItem.defaultRequest",
        "LimitRangeItem.max",
        "LimitRangeItem.maxLimitRequestRatio",
        "LimitRangeItem.min",
        "MetricTarget.averageValue",
        "MetricTarget.value",
        "MetricValueStatus.averageValue",
        "MetricValueStatus.value",
        "NodeStatus.allocatable",
        "NodeStatus.capacity",
        "Overhead.podFixed",
        "PersistentVolumeClaimStatus.allocatedResources",
        "PersistentVolumeClaimStatus.capacity",
        "PersistentVolumeSpec.capacity",
        "PodSpec.overhead",
        "PodStatus.allocatedResources",
        "ResourceFieldSelector.divisor",
        "ResourceQuotaSpec.hard",
        "ResourceQuotaStatus.hard",
        "ResourceQuotaStatus.used",
        "ResourceRequirements.limits",
        "ResourceRequirements.requests",
        "VolumeResourceRequirements.limits",
        "VolumeResourceRequirements.requests",
    ]
)
"""Fields that hold a resource quantity (or a map of them): a string or a number."""

WIDE_INTEGERS = frozenset(
    [
        "Condition.observedGeneration",
        "CSIDriverSpec.nodeAllocatableUpdatePeriodSeconds",
        "ContainerImage.sizeBytes",
        "ControllerRevision.revision",
        "DaemonSetStatus.observedGeneration",
        "DeploymentStatus.observedGeneration",
        "CronJobSpec.startingDeadlineSeconds",
        "HorizontalPodAutoscalerStatus.observedGeneration",
        "JobSpec.activeDeadlineSeconds",
        "JSONSchemaProps.maxItems",
        "JSONSchemaProps.maxLength",
        "JSONSchemaProps.maxProperties",
        "JSONSchemaProps.minItems",
        "JSONSchemaProps.minLength",
        "JSONSchemaProps.minProperties",
        "LinuxContainerUser.gid",
        "LinuxContainerUser.supplementalGroups",
        "LinuxContainerUser.uid",
        "NodeSwapStatus.capacity",
        "ObjectMeta.deletionGracePeriodSeconds",
        "ObjectMeta.generation",
        "PodCondition.observedGeneration",
        "PodDisruptionBudgetStatus.observedGeneration",
        "TokenRequest.expirationSeconds",
        "TokenRequestSpec.expirationSeconds",
        "PodSecurityContext.fsGroup",
        "PodSecurityContext.runAsGroup",
        "PodSecurityContext.runAsUser",
        "PodSecurityContext.supplementalGroups",
        "PodSpec.activeDeadlineSeconds",
        "PodSpec.terminationGracePeriodSeconds",
        "PodStatus.observedGeneration",
        "Probe.terminationGracePeriodSeconds",
        "ReplicaSetStatus.observedGeneration",
        "ReplicationControllerStatus.observedGeneration",
        "SecurityContext.runAsGroup",
        "SecurityContext.runAsUser",
        "ServiceAccountTokenProjection.expirationSeconds",
        "SleepAction.seconds",
        "StatefulSetStatus.observedGeneration",
        "Toleration.tolerationSeconds",
    ]
)
"""Fields of 64 bits; every other integer has 32."""

ALPHA = frozenset(["CSIDriverSpec.preventPodSchedulingIfMissing", "CSINode.status", "JobSpec.scheduling"])
"""Fields of the models that a cluster without feature gates does not have."""

ATOMIC_STRUCTS = frozenset(
    [
        "ConfigMapKeySelector",
        "autoscaling.v1.CrossVersionObjectReference",
        "EndpointAddress",
        "EndpointPort",
        "FileKeySelector",
        "LabelSelector",
        "LocalObjectReference",
        "NodeSelector",
        "NodeSelectorTerm",
        "ObjectFieldSelector",
        "ObjectReference",
        "OwnerReference",
        "ResourceFieldSelector",
        "RoleRef",
        "ScopeSelector",
        "SecretKeySelector",
        "SecretReference",
        "ServiceBackendPort",
        "rbac.v1.Subject",
        "TopologySelectorTerm",
        "TypedLocalObjectReference",
    ]
)
"""Structs that server-side apply replaces whole; with their package where another has one of that name."""
