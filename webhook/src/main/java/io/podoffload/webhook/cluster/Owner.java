package io.podoffload.webhook.cluster;

/** The controller that creates a pod, as the pod's ownerReference names it. */
public record Owner(String apiVersion, String kind, String name, String uid) {}
