param name string
param planName string
param location string
param tags object
param identityId string
param identityClientId string
param storageBlobEndpoint string

@description('Subnet delegated to Microsoft.App/environments for outbound calls, for vaults behind a firewall; empty: none.')
param subnetId string

@description('Every app setting but those that need the app\'s own address.')
param settings object

@description('Settings from settings.json; they win.')
param extraSettings object

@description('Client id of the sign-in registration; empty: nobody can sign in yet.')
param signInClientId string

resource plan 'Microsoft.Web/serverfarms@2025-03-01' = {
  name: planName
  location: location
  tags: tags
  kind: 'functionapp'
  sku: { tier: 'FlexConsumption', name: 'FC1' }
  properties: { reserved: true }
}

resource app 'Microsoft.Web/sites@2025-03-01' = {
  name: name
  location: location
  tags: union(tags, { 'azd-service-name': 'credrotation' })
  kind: 'functionapp,linux'
  identity: { type: 'UserAssigned', userAssignedIdentities: { '${identityId}': {} } }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    keyVaultReferenceIdentity: identityId
    virtualNetworkSubnetId: empty(subnetId) ? null : subnetId
    siteConfig: { minTlsVersion: '1.2', ftpsState: 'Disabled', http20Enabled: true }
    functionAppConfig: {
      runtime: { name: 'dotnet-isolated', version: '10' }
      // The lowest cap the plan allows; what must not run twice is kept apart by rows, not by instances.
      scaleAndConcurrency: { maximumInstanceCount: 40, instanceMemoryMB: 2048 }
      deployment: {
        storage: {
          type: 'blobContainer'
          value: '${storageBlobEndpoint}deploy'
          authentication: { type: 'UserAssignedIdentity', userAssignedIdentityResourceId: identityId }
        }
      }
    }
  }

  // Deployments sign in with Entra; the account's name and password are switched off.
  resource ftp 'basicPublishingCredentialsPolicies' = {
    name: 'ftp'
    properties: { allow: false }
  }

  resource scm 'basicPublishingCredentialsPolicies' = {
    name: 'scm'
    properties: { allow: false }
  }
}

var ownAddress = 'https://${app.properties.defaultHostName}/'

// A resource of its own, because the pages' address is known only once the app exists.
resource appSettings 'Microsoft.Web/sites/config@2025-03-01' = {
  parent: app
  name: 'appsettings'
  properties: union(
    settings,
    { Rotation__PagesBaseUri: ownAddress },
    // No client secret: the app's identity vouches for the registration (federated credential, see consent/New-SignIn.ps1).
    empty(signInClientId) ? {} : { OVERRIDE_USE_MI_FIC_ASSERTION_CLIENTID: identityClientId },
    extraSettings
  )
}

var issuerHost = environment().name == 'AzureChinaCloud'
  ? 'https://login.partner.microsoftonline.cn/'
  : environment().authentication.loginEndpoint

resource signIn 'Microsoft.Web/sites/config@2025-03-01' = if (!empty(signInClientId)) {
  parent: app
  name: 'authsettingsV2'
  dependsOn: [appSettings]
  properties: {
    platform: { enabled: true }
    // Nobody is turned away here: health is for anybody, an Event Grid delivery that meets a 401 is lost, and the app's own table decides
    // every other call. A token that is sent is still validated.
    globalValidation: { requireAuthentication: false, unauthenticatedClientAction: 'AllowAnonymous' }
    httpSettings: { requireHttps: true }
    login: { tokenStore: { enabled: false } }
    identityProviders: {
      azureActiveDirectory: {
        enabled: true
        registration: {
          clientId: signInClientId
          clientSecretSettingName: 'OVERRIDE_USE_MI_FIC_ASSERTION_CLIENTID'
          openIdIssuer: uri(issuerHost, '${tenant().tenantId}/v2.0')
        }
        validation: { allowedAudiences: ['api://${signInClientId}', signInClientId] }
      }
    }
  }
}

output id string = app.id
output uri string = ownAddress
