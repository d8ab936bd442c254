param name string
param location string
param tags object
param workspaceId string
param actionGroupId string

@description('When the watchdog runs first; Automation wants at least five minutes from now.')
param firstRunOn string

// Their text is uploaded by publish-runbooks.ps1: a template can only point to a public address.
var runbooks = [
  { name: 'Get-ExpiringCredential', text: 'Lists what expires, and the findings.' }
  { name: 'Invoke-Rehearsal', text: 'Says what a rotation of one secret would do now; changes nothing.' }
  { name: 'New-Adoption', text: 'Adopts a secret that is there already; its owners approve the first rotation.' }
  { name: 'Request-AdoptionRelease', text: 'Asks that a secret be released from rotation; a person confirms.' }
  { name: 'Start-Rotation', text: 'Opens the rotation of one secret now; approvals stay with its owners.' }
  { name: 'Watch-CredRotation', text: 'Asks the app\'s health from outside every hour; posts a card and fails when it is late.' }
]

// Not the app's identity: whoever edits runbooks must not gain the app's rights on vaults.
resource account 'Microsoft.Automation/automationAccounts@2024-10-23' = {
  name: name
  location: location
  tags: tags
  identity: { type: 'SystemAssigned' }
  properties: { sku: { name: 'Basic' }, disableLocalAuth: true, publicNetworkAccess: true }

  resource shell 'runtimeEnvironments' = {
    name: 'PowerShell-7-4'
    location: location
    properties: {
      runtime: { language: 'PowerShell', version: '7.4' }
      description: 'PowerShell 7.4; the runbooks need no module.'
    }
  }

  resource each 'runbooks' = [
    for runbook in runbooks: {
      name: runbook.name
      location: location
      tags: tags
      properties: {
        runbookType: 'PowerShell'
        runtimeEnvironment: shell.name
        description: runbook.text
        logProgress: false
        logVerbose: false
        draft: {}
      }
    }
  ]

  // The link from schedule to runbook is made by publish-runbooks.ps1: it needs a published runbook, and cannot be updated by a second deployment.
  resource hourly 'schedules' = {
    name: 'Watch-CredRotation-hourly'
    properties: {
      description: 'Runs the watchdog.'
      frequency: 'Hour'
      interval: 1
      startTime: firstRunOn
      timeZone: 'Etc/UTC'
    }
  }
}

resource jobLog 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'credrotation'
  scope: account
  properties: {
    workspaceId: workspaceId
    logs: [{ category: 'JobLogs', enabled: true }, { category: 'JobStreams', enabled: true }]
  }
}

// The watchdog's own way to people: a metric of the Automation account, which needs neither the app nor its telemetry.
resource failed 'Microsoft.Insights/metricAlerts@2018-03-01' = {
  name: '${name}-failed-job'
  location: 'global'
  tags: tags
  properties: {
    description: 'CredRotation: a runbook failed. For Watch-CredRotation this means that the app\'s health is late or not to be had; the job\'s error says which.'
    enabled: true
    severity: 1
    scopes: [account.id]
    evaluationFrequency: 'PT5M'
    windowSize: 'PT15M'
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
      allOf: [
        {
          name: 'failed'
          criterionType: 'StaticThresholdCriterion'
          metricNamespace: 'Microsoft.Automation/automationAccounts'
          metricName: 'TotalJob'
          dimensions: [
            { name: 'Status', operator: 'Include', values: ['Failed', 'Suspended'] }
            { name: 'Runbook', operator: 'Include', values: ['*'] }
          ]
          timeAggregation: 'Total'
          operator: 'GreaterThan'
          threshold: 0
        }
      ]
    }
    actions: [{ actionGroupId: actionGroupId }]
  }
}

output name string = account.name
output principalId string = account.identity.principalId
output schedule string = account::hourly.name
