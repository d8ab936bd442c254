import { roles } from 'roles.bicep'

param name string
param location string
param tags object
param sku string

@description('Object id of the app\'s identity.')
param principalId string

param workspaceId string

// Names the code knows too; a test compares them.
var queueNames = ['rotations', 'rotations-poison', 'events', 'events-poison']
var containerNames = ['deploy', 'deadletter', 'providers']

resource account 'Microsoft.Storage/storageAccounts@2025-08-01' = {
  name: name
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: { name: sku }
  properties: {
    // No key and no SAS opens this account; everything signs in with an identity.
    allowSharedKeyAccess: false
    allowBlobPublicAccess: false
    allowCrossTenantReplication: false
    defaultToOAuthAuthentication: true
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
    networkAcls: { defaultAction: 'Allow', bypass: 'AzureServices' }
  }

  resource blobs 'blobServices' = {
    name: 'default'
    properties: { deleteRetentionPolicy: { enabled: true, days: 14 } }

    resource containers 'containers' = [
      for container in containerNames: {
        name: container
        properties: { publicAccess: 'None' }
      }
    ]
  }

  resource queues 'queueServices' = {
    name: 'default'

    resource each 'queues' = [for queue in queueNames: { name: queue }]
  }

  resource tables 'tableServices' = {
    name: 'default'

    resource rows 'tables' = { name: 'rows' }
  }
}

// Writes to queues only: the platform's own trace of what was put on a poison queue. Reads, blobs and tables would cost and tell nothing new.
resource queueLog 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'credrotation'
  scope: account::queues
  properties: {
    workspaceId: workspaceId
    logs: [{ category: 'StorageWrite', enabled: true }]
  }
}

var grants = [
  { role: roles.storageBlobDataOwner, why: 'CredRotation: the Functions host keeps its leases and keys in blobs and reads the deployed package.' }
  { role: roles.storageQueueDataContributor, why: 'CredRotation: reads and writes the queues of rotations and events.' }
  { role: roles.storageTableDataContributor, why: 'CredRotation: keeps the registry and the ledger in the table rows.' }
]

resource assignments 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for grant in grants: {
    name: guid(account.id, principalId, grant.role)
    scope: account
    properties: {
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', grant.role)
      principalId: principalId
      principalType: 'ServicePrincipal'
      description: grant.why
    }
  }
]

output id string = account.id
output name string = account.name
output blobEndpoint string = account.properties.primaryEndpoints.blob
output queueEndpoint string = account.properties.primaryEndpoints.queue
output tableEndpoint string = account.properties.primaryEndpoints.table
