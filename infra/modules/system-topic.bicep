param name string
param location string
param sourceId string
param tags object

resource topic 'Microsoft.EventGrid/systemTopics@2025-02-15' = {
  name: name
  location: location
  tags: tags
  identity: { type: 'SystemAssigned' }
  properties: { source: sourceId, topicType: 'Microsoft.KeyVault.vaults' }
}

output principalId string = topic.identity.principalId
