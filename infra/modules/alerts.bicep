param location string
param tags object
param namePrefix string
param workspaceId string
param componentId string
param actionGroupId string
param healthUri string

@description('Object id of the app\'s identity: the only one that may touch the staging vault.')
param principalId string

param stagingVaultId string
param storageId string

// Availability tests have their own names for places.
var places = {
  AzureCloud: ['us-va-ash-azr', 'us-ca-sjc-azr', 'emea-nl-ams-azr', 'emea-gb-db3-azr', 'apac-sg-sin-azr']
  AzureUSGovernment: ['usgov-va-azr', 'usgov-phx-azr', 'usgov-tx-azr']
  AzureChinaCloud: ['mc-cne-azr', 'mc-cne2-azr', 'mc-cnn-azr', 'mc-cnn2-azr']
}

// Asks from outside. It shares neither timer nor process nor telemetry with the app: a late sweep answers 503, a dead app answers nothing.
resource healthTest 'Microsoft.Insights/webtests@2022-06-15' = {
  name: '${namePrefix}-health'
  location: location
  tags: union(tags, { 'hidden-link:${componentId}': 'Resource' })
  kind: 'standard'
  properties: {
    SyntheticMonitorId: '${namePrefix}-health'
    Name: '${namePrefix}-health'
    Description: 'GET /api/health: 200 while sweep and wake-up run, 503 when one is late.'
    Enabled: true
    Frequency: 300
    Timeout: 30
    Kind: 'standard'
    RetryEnabled: true
    Locations: [for place in places[environment().name]: { Id: place }]
    Request: { RequestUrl: healthUri, HttpVerb: 'GET', FollowRedirects: false, ParseDependentRequests: false }
    ValidationRules: { ExpectedHttpStatusCode: 200, IgnoreHttpStatusCode: false, SSLCheck: true, SSLCertRemainingLifetimeCheck: 7 }
  }
}

resource healthAlert 'Microsoft.Insights/metricAlerts@2018-03-01' = {
  name: '${namePrefix}-health'
  location: 'global'
  tags: tags
  properties: {
    description: 'CredRotation: /api/health does not answer 200 from at least two places. 503 says in its body which heartbeat is late; anything else means that the app does not run. Credentials keep working until they expire.'
    enabled: true
    severity: 1
    scopes: [healthTest.id, componentId]
    evaluationFrequency: 'PT1M'
    windowSize: 'PT5M'
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.WebtestLocationAvailabilityCriteria'
      webTestId: healthTest.id
      componentId: componentId
      failedLocationCount: 2
    }
    actions: [{ actionGroupId: actionGroupId }]
  }
}

// One row per heart that has not beaten. Each summarize without "by" yields a row even when the table is empty, so silence is counted, not overlooked.
var lateHearts = '''
let beats = AppMetrics | where Name == 'credrotation.heartbeat' | extend Heart = tostring(Properties.name);
union
  (beats | where Heart == 'wake' and TimeGenerated > ago(15m) | summarize Beats = countif(Sum > 0) | extend Heart = 'wake'),
  (beats | where Heart == 'sweep' and TimeGenerated > ago(3h) | summarize Beats = countif(Sum > 0) | extend Heart = 'sweep')
| where Beats == 0
'''

var holds = '''
AppMetrics
| where Name == 'credrotation.hold'
| summarize Holds = sum(Sum) by Reason = tostring(Properties.reason)
| where Holds > 0
'''

var incidents = '''
AppMetrics
| where Name == 'credrotation.incident'
| summarize Incidents = sum(Sum)
| where Incidents > 0
'''

var poisonCounted = '''
AppMetrics
| where Name == 'credrotation.poison'
| summarize Messages = sum(Sum) by Queue = tostring(Properties.queue)
| where Messages > 0
'''

// The metric QueueMessageCount is per account and hourly, so it cannot tell a poison queue; the storage log names the queue of every write.
// union isfuzzy: the table exists only once something was logged.
var poisonWritten = '''
union isfuzzy=true (datatable(OperationName:string, StatusText:string, Uri:string, _ResourceId:string)[]), StorageQueueLogs
| where OperationName == 'PutMessage' and StatusText == 'Success' and _ResourceId startswith '{storage}'
| extend Queue = extract(@'/([a-z-]+-poison)/messages', 1, Uri)
| where isnotempty(Queue)
| summarize Messages = count() by Queue
'''

var strangers = '''
union isfuzzy=true (datatable(OperationName:string, Identity:dynamic, CallerIPAddress:string, _ResourceId:string)[]), AZKVAuditLogs
| where _ResourceId =~ '{vault}' and OperationName startswith 'Secret' and OperationName !endswith 'EventGridNotification'
| where tostring(Identity) !has '{principal}'
| summarize Calls = count() by OperationName
'''

// Events are announced once: evaluated every 5 minutes over 15 (logs arrive late), then muted as long as the window, so that a second one is heard too.
var once = { evaluationFrequency: 'PT5M', windowSize: 'PT15M', autoMitigate: false, muteActionsDuration: 'PT15M' }

// A state is announced when it begins and when it ends.
var state = { evaluationFrequency: 'PT5M', windowSize: 'PT3H', autoMitigate: true, muteActionsDuration: null }

var rules = [
  {
    name: 'heartbeat'
    severity: 1
    query: lateHearts
    by: 'Heart'
    rhythm: state
    text: 'no heartbeat of this kind reached Log Analytics: wake for 15 minutes or sweep for 3 hours. The app, its timers or its telemetry stand still; /api/health says which. Right after a first deployment this is true until the sweep ran.'
  }
  {
    name: 'hold'
    severity: 3
    query: holds
    by: 'Reason'
    rhythm: once
    text: 'a rotation waits for a person. Its owners have a card; the credentials page lists the choices.'
  }
  {
    name: 'incident'
    severity: 0
    query: incidents
    by: ''
    rhythm: once
    text: 'a managed credential is refused, expired or leaked, or a rotation ran out of safe time, while apps depend on it. Open the pages now.'
  }
  {
    name: 'poison'
    severity: 1
    query: poisonCounted
    by: 'Queue'
    rhythm: once
    text: 'the app reports a message that failed every time and lies in a poison queue. Open rotations are woken from the registry, so none is lost.'
  }
  {
    name: 'poison-seen-by-storage'
    severity: 1
    query: replace(poisonWritten, '{storage}', toLower(storageId))
    by: 'Queue'
    rhythm: once
    text: 'the storage account\'s own log shows a message put on a poison queue, whether or not the app can say so.'
  }
  {
    name: 'staging-vault-touched'
    severity: 1
    query: replace(replace(strangers, '{vault}', stagingVaultId), '{principal}', principalId)
    by: 'OperationName'
    rhythm: once
    text: 'somebody other than the app used the staging vault, which holds values that no app has seen yet. Treat what was staged at that time as leaked.'
  }
]

resource alerts 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = [
  for rule in rules: {
    name: '${namePrefix}-${rule.name}'
    location: location
    tags: tags
    kind: 'LogAlert'
    properties: {
      displayName: 'CredRotation: ${rule.name}'
      description: 'CredRotation: ${rule.text}'
      enabled: true
      severity: rule.severity
      scopes: [workspaceId]
      evaluationFrequency: rule.rhythm.evaluationFrequency
      windowSize: rule.rhythm.windowSize
      autoMitigate: rule.rhythm.autoMitigate
      muteActionsDuration: rule.rhythm.muteActionsDuration
      // A new workspace has no rows, and some tables only come with the first.
      skipQueryValidation: true
      criteria: {
        allOf: [
          {
            query: rule.query
            timeAggregation: 'Count'
            operator: 'GreaterThan'
            threshold: 0
            dimensions: empty(rule.by) ? [] : [{ name: rule.by, operator: 'Include', values: ['*'] }]
            failingPeriods: { numberOfEvaluationPeriods: 1, minFailingPeriodsToAlert: 1 }
          }
        ]
      }
      actions: { actionGroups: [actionGroupId] }
    }
  }
]
