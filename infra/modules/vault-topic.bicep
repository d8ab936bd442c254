param vaultName string
param topicName string
param tags object

@description('The vault has a system topic already; only one may exist. It needs a system-assigned identity.')
param reuse bool

resource vault 'Microsoft.KeyVault/vaults@2026-02-01' existing = if (!reuse) {
  name: vaultName
}

// A module of its own: a resource's location must be known at its deployment's start, and the vault's is read while this one runs.
module made 'system-topic.bicep' = if (!reuse) {
  name: 'credrotation-${uniqueString(vaultName, topicName)}'
  params: { name: topicName, location: vault!.location, sourceId: vault!.id, tags: tags }
}

resource found 'Microsoft.EventGrid/systemTopics@2025-02-15' existing = if (reuse) {
  name: topicName
}

output principalId string = reuse ? found!.identity.principalId : made!.outputs.principalId
