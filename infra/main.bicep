// CredRotation in one resource group, watching vaults wherever they are. README.md beside this file leads through it.
targetScope = 'subscription'

@description('Names this installation; part of the resource group\'s name.')
@minLength(1)
@maxLength(40)
param environmentName string

@description('Region of everything that this template makes, except each vault\'s system topic, which stands where its vault is.')
param location string

@description('Observe lists and announces, Rehearse adds the owner check, Rotate acts. Only Rotate is granted reading and writing of values.')
@allowed(['Observe', 'Rehearse', 'Rotate'])
param mode string = 'Observe'

@description('Resource ids of the vaults to watch, in any resource group and subscription of this tenant. They must use Azure RBAC.')
param vaultIds string[] = []

@description('Resource ids of system topics that vaults have already, by the vault\'s name. A vault can have only one.')
param systemTopicIds object = {}

@description('queue works before any code is deployed; function needs the code first.')
@allowed(['queue', 'function'])
param eventDelivery string = 'queue'

@description('Resource ids (.../vaults/NAME/secrets/NAME) of the management credentials that the accounts in settings.json name.')
param managementSecrets string[] = []

@description('Resource id (.../vaults/NAME/secrets/NAME) of the secret that holds the address of the default Teams workflow. The address is a secret and never stands in a template.')
param teamsWebhookLocation string = ''

@description('The same for the watchdog, which posts by itself and with its own identity. Another workflow than the app\'s shares less with it.')
param watchdogWebhookLocation string = ''

@description('Further app settings by name: accounts, policies, consumers, groups. Names as in local.settings.sample.json; never a secret.')
param settings object = {}

@description('Makes a topic that hears of every rotation that ended.')
param completedEvents bool = false

@description('Client id that consent/New-SignIn.ps1 prints. Empty: nobody can sign in; detection and cards work.')
param signInClientId string = ''

@description('E-mail addresses that hear of every alert.')
param alertEmails string[] = []

@secure()
@description('A webhook that hears of every alert; its address may be a secret.')
param alertWebhook string = ''

@description('Subnet delegated to Microsoft.App/environments, for vaults behind a firewall.')
param subnetId string = ''

@description('Redundancy of the account that keeps the ledger. Standard_LRS where the region has no zones.')
@allowed(['Standard_LRS', 'Standard_ZRS', 'Standard_GZRS'])
param storageSku string = 'Standard_ZRS'

@description('How long logs are kept.')
@minValue(30)
@maxValue(730)
param logRetentionInDays int = 90

@description('When the watchdog runs first.')
param watchdogFirstRunOn string = dateTimeAdd(utcNow(), 'PT20M')

var token = uniqueString(subscription().id, environmentName, location)
var tags = { 'azd-env-name': environmentName }

// What the app calls this cloud; it derives every endpoint from it.
var clouds = { AzureCloud: 'Public', AzureUSGovernment: 'USGovernment', AzureChinaCloud: 'China' }
var isPublic = environment().name == 'AzureCloud'

var appName = 'func-credrotation-${token}'
var vaults = [
  for id in vaultIds: {
    id: id
    name: split(id, '/')[8]
    uri: 'https://${toLower(split(id, '/')[8])}${environment().suffixes.keyvaultDns}/'
    topicId: systemTopicIds[?split(id, '/')[8]] ?? '${join(take(split(id, '/'), 5), '/')}/providers/Microsoft.EventGrid/systemTopics/${split(id, '/')[8]}-credrotation'
    reuse: contains(systemTopicIds, split(id, '/')[8])
  }
]

resource group 'Microsoft.Resources/resourceGroups@2025-04-01' = {
  name: 'rg-credrotation-${environmentName}'
  location: location
  tags: tags
}

module identity 'modules/identity.bicep' = {
  name: 'identity-${token}'
  scope: group
  params: { name: 'id-credrotation-${token}', location: location, tags: tags }
}

module telemetry 'modules/telemetry.bicep' = {
  name: 'telemetry-${token}'
  scope: group
  params: {
    workspaceName: 'log-credrotation-${token}'
    componentName: 'appi-credrotation-${token}'
    actionGroupName: 'ag-credrotation-${token}'
    location: location
    tags: tags
    retentionInDays: logRetentionInDays
    principalId: identity.outputs.principalId
    alertEmails: alertEmails
    alertWebhook: alertWebhook
  }
}

module storage 'modules/storage.bicep' = {
  name: 'storage-${token}'
  scope: group
  params: {
    name: 'rot${token}'
    location: location
    tags: tags
    sku: storageSku
    principalId: identity.outputs.principalId
    workspaceId: telemetry.outputs.workspaceId
  }
}

module staging 'modules/staging.bicep' = {
  name: 'staging-${token}'
  scope: group
  params: {
    name: 'rot-stg-${token}'
    location: location
    tags: tags
    principalId: identity.outputs.principalId
    workspaceId: telemetry.outputs.workspaceId
  }
}

module completedTopic 'modules/completed-topic.bicep' = if (completedEvents) {
  name: 'completed-${token}'
  scope: group
  params: {
    name: 'evgt-credrotation-${token}'
    location: location
    tags: tags
    principalId: identity.outputs.principalId
  }
}

var teamsSecret = split(teamsWebhookLocation, '/')
var watchdogSecret = split(watchdogWebhookLocation, '/')

// After storage, staging and the Teams secret: their roles must stand before the app's first start.
module app 'modules/app.bicep' = {
  name: 'app-${token}'
  scope: group
  dependsOn: [teamsAccess]
  params: {
    name: appName
    planName: 'plan-credrotation-${token}'
    location: location
    tags: tags
    identityId: identity.outputs.id
    identityClientId: identity.outputs.clientId
    storageBlobEndpoint: storage.outputs.blobEndpoint
    subnetId: subnetId
    signInClientId: signInClientId
    extraSettings: settings
    settings: union(
      {
        Cloud: clouds[environment().name]
        ManagedIdentityClientId: identity.outputs.clientId
        Storage__AccountName: storage.outputs.name
        Storage__ProviderFiles: '${storage.outputs.blobEndpoint}providers'
        SweepSchedule: '0 0 * * * *'
        WakeSchedule: '0 * * * * *'
        RemindSchedule: '0 30 * * * *'
        Rotation__Mode: mode
        Rotation__StagingVault: staging.outputs.uri
        EventGrid__TopicEndpoint: completedEvents ? completedTopic!.outputs.endpoint : ''
        AzureWebJobsStorage__credential: 'managedidentity'
        AzureWebJobsStorage__clientId: identity.outputs.clientId
        APPLICATIONINSIGHTS_CONNECTION_STRING: telemetry.outputs.connectionString
        APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identity.outputs.clientId};Authorization=AAD'
      },
      // The host completes an account name with the public cloud's suffix, so elsewhere it is given addresses.
      isPublic
        ? { AzureWebJobsStorage__accountName: storage.outputs.name }
        : {
            AzureWebJobsStorage__blobServiceUri: storage.outputs.blobEndpoint
            AzureWebJobsStorage__queueServiceUri: storage.outputs.queueEndpoint
            AzureWebJobsStorage__tableServiceUri: storage.outputs.tableEndpoint
          },
      empty(teamsWebhookLocation)
        ? {}
        : {
            Teams__DefaultWebhook: '@Microsoft.KeyVault(SecretUri=https://${toLower(teamsSecret[8])}${environment().suffixes.keyvaultDns}/secrets/${teamsSecret[10]})'
          },
      toObject(range(0, length(vaults)), index => 'Rotation__Vaults__${index}', index => vaults[index].uri)
    )
  }
}

module vaultAccess 'modules/vault-access.bicep' = [
  for vault in vaults: {
    name: 'credrotation-access-${uniqueString(token, vault.id)}'
    scope: resourceGroup(split(vault.id, '/')[2], split(vault.id, '/')[4])
    params: { vaultName: vault.name, principalId: identity.outputs.principalId, mayWrite: mode == 'Rotate' }
  }
]

module managementAccess 'modules/secret-access.bicep' = [
  for id in managementSecrets: {
    name: 'credrotation-secret-${uniqueString(token, id)}'
    scope: resourceGroup(split(id, '/')[2], split(id, '/')[4])
    params: {
      vaultName: split(id, '/')[8]
      secretName: split(id, '/')[10]
      principalId: identity.outputs.principalId
      why: 'reads this management credential to ask the provider for a new one.'
    }
  }
]

module teamsAccess 'modules/secret-access.bicep' = if (!empty(teamsWebhookLocation)) {
  name: 'credrotation-teams-${uniqueString(token, teamsWebhookLocation)}'
  scope: resourceGroup(teamsSecret[?2] ?? subscription().subscriptionId, teamsSecret[?4] ?? group.name)
  params: {
    vaultName: teamsSecret[?8] ?? ''
    secretName: teamsSecret[?10] ?? ''
    principalId: identity.outputs.principalId
    why: 'reads the address of the Teams workflow that shows its cards.'
  }
}

module vaultTopic 'modules/vault-topic.bicep' = [
  for vault in vaults: {
    name: 'credrotation-topic-${uniqueString(token, vault.id)}'
    scope: resourceGroup(split(vault.topicId, '/')[2], split(vault.topicId, '/')[4])
    params: { vaultName: vault.name, topicName: split(vault.topicId, '/')[8], reuse: vault.reuse, tags: tags }
  }
]

module topicAccess 'modules/topic-access.bicep' = [
  for (vault, index) in vaults: {
    name: 'topic-access-${uniqueString(token, vault.id)}'
    scope: group
    params: {
      storageName: storage.outputs.name
      principalId: vaultTopic[index].outputs.principalId
      toQueue: eventDelivery == 'queue'
    }
  }
]

// Event Grid checks the destination when the subscription is made, so the topic's rights come first.
module vaultSubscription 'modules/vault-subscription.bicep' = [
  for (vault, index) in vaults: {
    name: 'credrotation-events-${uniqueString(token, vault.id)}'
    scope: resourceGroup(split(vault.topicId, '/')[2], split(vault.topicId, '/')[4])
    dependsOn: [topicAccess[index]]
    params: {
      topicName: split(vault.topicId, '/')[8]
      installation: token
      storageId: storage.outputs.id
      appId: app.outputs.id
      workspaceId: telemetry.outputs.workspaceId
      actionGroupId: telemetry.outputs.actionGroupId
      eventDelivery: eventDelivery
      tags: tags
    }
  }
]

module alerts 'modules/alerts.bicep' = {
  name: 'alerts-${token}'
  scope: group
  params: {
    location: location
    tags: tags
    namePrefix: 'credrotation-${token}'
    workspaceId: telemetry.outputs.workspaceId
    componentId: telemetry.outputs.componentId
    actionGroupId: telemetry.outputs.actionGroupId
    healthUri: '${app.outputs.uri}api/health'
    principalId: identity.outputs.principalId
    stagingVaultId: staging.outputs.id
    storageId: storage.outputs.id
  }
}

module runbooks 'modules/runbooks.bicep' = {
  name: 'runbooks-${token}'
  scope: group
  params: {
    name: 'aa-credrotation-${token}'
    location: location
    tags: tags
    workspaceId: telemetry.outputs.workspaceId
    actionGroupId: telemetry.outputs.actionGroupId
    firstRunOn: watchdogFirstRunOn
  }
}

module watchdogAccess 'modules/secret-access.bicep' = if (!empty(watchdogWebhookLocation)) {
  name: 'credrotation-watchdog-${uniqueString(token, watchdogWebhookLocation)}'
  scope: resourceGroup(watchdogSecret[?2] ?? subscription().subscriptionId, watchdogSecret[?4] ?? group.name)
  params: {
    vaultName: watchdogSecret[?8] ?? ''
    secretName: watchdogSecret[?10] ?? ''
    principalId: runbooks.outputs.principalId
    why: 'its watchdog reads the address of the Teams workflow that it tells when the app is silent.'
  }
}

output AZURE_RESOURCE_GROUP string = group.name
output APP_NAME string = appName
output APP_URI string = app.outputs.uri
output APP_IDENTITY_CLIENT_ID string = identity.outputs.clientId
output APP_IDENTITY_PRINCIPAL_ID string = identity.outputs.principalId
output AUTOMATION_ACCOUNT string = runbooks.outputs.name
output AUTOMATION_PRINCIPAL_ID string = runbooks.outputs.principalId
output AUTOMATION_SCHEDULE string = runbooks.outputs.schedule
output WATCHDOG_WEBHOOK_SECRET_ID string = empty(watchdogWebhookLocation)
  ? ''
  : 'https://${toLower(watchdogSecret[8])}${environment().suffixes.keyvaultDns}/secrets/${watchdogSecret[10]}'
output STAGING_VAULT_URI string = staging.outputs.uri
output SIGN_IN string = empty(signInClientId)
  ? 'Nobody can sign in yet, so nobody can approve or open a page. Run consent/New-SignIn.ps1, set SIGN_IN_CLIENT_ID, and provision again.'
  : 'On, for the registration ${signInClientId}.'
output ALERTS string = empty(alertEmails)
  ? 'No mail is sent: unless ALERT_WEBHOOK is set, nobody hears of alerts. Set ALERT_EMAILS, and provision again.'
  : 'Mailed to ${length(alertEmails)}.'
output SIGN_IN_AUDIENCE string = empty(signInClientId) ? '' : 'api://${signInClientId}'
