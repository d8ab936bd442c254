import { roles } from 'roles.bicep'

param vaultName string
param secretName string

@description('Object id of the identity that may read the secret.')
param principalId string

@description('What the secret is for; shown with the assignment.')
param why string

resource vault 'Microsoft.KeyVault/vaults@2026-02-01' existing = {
  name: vaultName

  resource secret 'secrets' existing = { name: secretName }
}

resource assignment 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(vault::secret.id, principalId, roles.keyVaultSecretsUser)
  scope: vault::secret
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.keyVaultSecretsUser)
    principalId: principalId
    principalType: 'ServicePrincipal'
    description: 'CredRotation: ${why}'
  }
}
