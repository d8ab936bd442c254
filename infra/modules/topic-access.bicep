import { roles } from 'roles.bicep'

param storageName string

@description('Object id of the system topic\'s identity.')
param principalId string

@description('Events go to the queue; otherwise the topic needs no right on it.')
param toQueue bool

resource account 'Microsoft.Storage/storageAccounts@2025-08-01' existing = {
  name: storageName

  resource queues 'queueServices' existing = {
    name: 'default'

    resource events 'queues' existing = { name: 'events' }
  }

  resource blobs 'blobServices' existing = {
    name: 'default'

    resource deadletter 'containers' existing = { name: 'deadletter' }
  }
}

resource sender 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (toQueue) {
  name: guid(account::queues::events.id, principalId, roles.storageQueueDataMessageSender)
  scope: account::queues::events
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.storageQueueDataMessageSender)
    principalId: principalId
    principalType: 'ServicePrincipal'
    description: 'CredRotation: the vault\'s topic puts its events on this queue, without a key.'
  }
}

resource deadLetters 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(account::blobs::deadletter.id, principalId, roles.storageBlobDataContributor)
  scope: account::blobs::deadletter
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.storageBlobDataContributor)
    principalId: principalId
    principalType: 'ServicePrincipal'
    description: 'CredRotation: the vault\'s topic keeps what it could not deliver here; without it an event is dropped.'
  }
}
