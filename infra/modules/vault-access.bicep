import { roles } from 'roles.bicep'

param vaultName string

@description('Object id of the app\'s identity.')
param principalId string

@description('Reading values and writing new versions is granted only in mode Rotate.')
param mayWrite bool

resource vault 'Microsoft.KeyVault/vaults@2026-02-01' existing = {
  name: vaultName
}

resource reader 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(vault.id, principalId, roles.keyVaultReader)
  scope: vault
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.keyVaultReader)
    principalId: principalId
    principalType: 'ServicePrincipal'
    description: 'CredRotation: lists properties to see what expires; opens no value.'
  }
}

resource officer 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (mayWrite) {
  name: guid(vault.id, principalId, roles.keyVaultSecretsOfficer)
  scope: vault
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.keyVaultSecretsOfficer)
    principalId: principalId
    principalType: 'ServicePrincipal'
    description: 'CredRotation in mode Rotate: reads the current value for the proof and writes the new version.'
  }
}
