param topicName string

@description('Keeps two installations that watch one vault apart.')
param installation string

param storageId string
param appId string
param workspaceId string
param actionGroupId string
param tags object

@allowed(['queue', 'function'])
param eventDelivery string

var queue = {
  endpointType: 'StorageQueue'
  properties: { resourceId: storageId, queueName: 'events', queueMessageTimeToLiveInSeconds: -1 }
}
var function = {
  endpointType: 'AzureFunction'
  properties: { resourceId: '${appId}/functions/OnSecretNearExpiry', maxEventsPerBatch: 1, preferredBatchSizeInKilobytes: 64 }
}
var toQueue = eventDelivery == 'queue'

resource topic 'Microsoft.EventGrid/systemTopics@2025-02-15' existing = {
  name: topicName
}

resource subscription 'Microsoft.EventGrid/systemTopics/eventSubscriptions@2025-02-15' = {
  parent: topic
  name: 'credrotation-${installation}'
  properties: {
    destination: toQueue ? null : function
    deliveryWithResourceIdentity: toQueue ? { identity: { type: 'SystemAssigned' }, destination: queue } : null
    filter: {
      includedEventTypes: [
        'Microsoft.KeyVault.SecretNearExpiry'
        'Microsoft.KeyVault.SecretExpired'
        'Microsoft.KeyVault.SecretNewVersionCreated'
      ]
    }
    eventDeliverySchema: 'CloudEventSchemaV1_0'
    retryPolicy: { maxDeliveryAttempts: 30, eventTimeToLiveInMinutes: 1440 }
    deadLetterWithResourceIdentity: {
      identity: { type: 'SystemAssigned' }
      deadLetterDestination: { endpointType: 'StorageBlob', properties: { resourceId: storageId, blobContainerName: 'deadletter' } }
    }
  }
}

resource failures 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'credrotation-${installation}'
  scope: topic
  properties: {
    workspaceId: workspaceId
    logs: [{ category: 'DeliveryFailures', enabled: true }]
  }
}

// Platform metrics of the topic: they are there whether or not the app runs. One rule each, because the conditions of one rule are joined by "and".
var rules = [
  { metric: 'DeadLetteredCount', severity: 1, threshold: 0, text: 'could not be delivered and lie in the container deadletter. The sweep still finds what expires; read them to learn why.' }
  { metric: 'DroppedEventCount', severity: 1, threshold: 0, text: 'were dropped: they could not even be kept as dead letters. Check the topic\'s role on the container deadletter.' }
  { metric: 'DeliveryAttemptFailCount', severity: 2, threshold: 10, text: 'are refused again and again. Nothing is lost yet: delivery is tried for a day. Check the topic\'s role on the queue, or the function.' }
]

resource alerts 'Microsoft.Insights/metricAlerts@2018-03-01' = [
  for rule in rules: {
    name: '${topicName}-${installation}-${rule.metric}'
    location: 'global'
    tags: tags
    properties: {
      description: 'CredRotation: events of this vault ${rule.text}'
      enabled: true
      severity: rule.severity
      scopes: [topic.id]
      evaluationFrequency: 'PT5M'
      windowSize: 'PT15M'
      criteria: {
        'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
        allOf: [
          {
            name: rule.metric
            criterionType: 'StaticThresholdCriterion'
            metricNamespace: 'Microsoft.EventGrid/systemTopics'
            metricName: rule.metric
            timeAggregation: 'Total'
            operator: 'GreaterThan'
            threshold: rule.threshold
          }
        ]
      }
      actions: [{ actionGroupId: actionGroupId }]
    }
  }
]
