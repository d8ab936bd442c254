import { roles } from 'roles.bicep'

param name string
param location string
param tags object

@description('Object id of the app\'s identity.')
param principalId string

// Told of every rotation that ended, with the head of the ledger's chain; whoever subscribes can tell a changed ledger.
resource topic 'Microsoft.EventGrid/topics@2025-02-15' = {
  name: name
  location: location
  tags: tags
  properties: { inputSchema: 'CloudEventSchemaV1_0', disableLocalAuth: true, minimumTlsVersionAllowed: '1.2' }
}

resource sender 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(topic.id, principalId, roles.eventGridDataSender)
  scope: topic
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.eventGridDataSender)
    principalId: principalId
    principalType: 'ServicePrincipal'
    description: 'CredRotation: publishes that a rotation ended, and the daily anchor of the ledger.'
  }
}

output endpoint string = topic.properties.endpoint
