using 'main.bicep'

// Every value comes from azd's environment: azd env set NAME VALUE. Lists are separated by commas.
param environmentName = readEnvironmentVariable('AZURE_ENV_NAME')
param location = readEnvironmentVariable('AZURE_LOCATION')

param mode = readEnvironmentVariable('ROTATION_MODE', 'Observe')
param vaultIds = filter(split(readEnvironmentVariable('VAULT_IDS', ''), ','), id => !empty(id))
param systemTopicIds = toObject(
  filter(split(readEnvironmentVariable('SYSTEM_TOPIC_IDS', ''), ','), pair => !empty(pair)),
  pair => first(split(pair, '=')),
  pair => last(split(pair, '='))
)
param eventDelivery = readEnvironmentVariable('EVENT_DELIVERY', 'queue')
param managementSecrets = filter(split(readEnvironmentVariable('MANAGEMENT_SECRET_IDS', ''), ','), id => !empty(id))
param teamsWebhookLocation = readEnvironmentVariable('TEAMS_WEBHOOK_LOCATION', '')
param watchdogWebhookLocation = readEnvironmentVariable('WATCHDOG_WEBHOOK_LOCATION', '')
param settings = loadJsonContent('settings.json')
param completedEvents = bool(readEnvironmentVariable('COMPLETED_EVENTS', 'false'))
param signInClientId = readEnvironmentVariable('SIGN_IN_CLIENT_ID', '')
param alertEmails = filter(split(readEnvironmentVariable('ALERT_EMAILS', ''), ','), address => !empty(address))
param alertWebhook = readEnvironmentVariable('ALERT_WEBHOOK', '')
param subnetId = readEnvironmentVariable('SUBNET_ID', '')
param storageSku = readEnvironmentVariable('STORAGE_SKU', 'Standard_ZRS')
param logRetentionInDays = int(readEnvironmentVariable('LOG_RETENTION_DAYS', '90'))
