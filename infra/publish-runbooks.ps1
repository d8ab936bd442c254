#Requires -Version 7.2
<#
.SYNOPSIS
    Uploads and publishes the runbooks in the folder runbooks, and links the watchdog to its hourly schedule.
.DESCRIPTION
    A template can only point Automation to a public address, so the text of the runbooks comes from here. Run it after each 'azd provision',
    signed in with 'az login' as somebody who may write to the Automation account (role Automation Contributor).
.PARAMETER ResourceGroupName
    azd env get-value AZURE_RESOURCE_GROUP -C infra
.PARAMETER AutomationAccountName
    azd env get-value AUTOMATION_ACCOUNT -C infra
.PARAMETER BaseUri
    The app's address, given to the watchdog: azd env get-value APP_URI -C infra
.PARAMETER WebhookSecretId
    The Key Vault secret that holds the address of the watchdog's Teams workflow: azd env get-value WATCHDOG_WEBHOOK_SECRET_ID -C infra
.PARAMETER ScheduleName
    The schedule that the template made.
.EXAMPLE
    ./publish-runbooks.ps1 -ResourceGroupName rg-credrotation-demo -AutomationAccountName aa-credrotation-example -BaseUri https://func-example.azurewebsites.net/ -WhatIf
.OUTPUTS
    One object for each runbook: Runbook, State.
#>
[CmdletBinding(SupportsShouldProcess)]
param(
    [Parameter(Mandatory)] [string] $ResourceGroupName,
    [Parameter(Mandatory)] [string] $AutomationAccountName,
    [Parameter(Mandatory)] [ValidateScript({ $_.Scheme -eq 'https' }, ErrorMessage = 'BaseUri must begin with https://.')] [uri] $BaseUri,
    [AllowEmptyString()] [string] $WebhookSecretId = '',
    [string] $ScheduleName = 'Watch-CredRotation-hourly'
)

Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

$watchdog = 'Watch-CredRotation'
$contentVersion = 'api-version=2023-11-01'
$linkVersion = 'api-version=2024-10-23'

function Invoke-Az {
    $answer = & az @args --only-show-errors
    if ($LASTEXITCODE -ne 0) { throw "az $($args[0..1] -join ' ') failed; its message stands above. What was published before stays; run the script again once it is mended." }
    $answer | Out-String
}

$resources = (Invoke-Az cloud show --output json | ConvertFrom-Json).endpoints.resourceManager.TrimEnd('/')
$subscription = (Invoke-Az account show --output json | ConvertFrom-Json).id
$account = "$resources/subscriptions/$subscription/resourceGroups/$ResourceGroupName/providers/Microsoft.Automation/automationAccounts/$AutomationAccountName"

$files = @(Get-ChildItem -LiteralPath (Join-Path $PSScriptRoot runbooks) -Filter *.ps1 | Sort-Object Name)
if ($files.Count -eq 0) { throw 'There is no runbook in the folder runbooks.' }

foreach ($file in $files) {
    $state = 'not published'
    if ($PSCmdlet.ShouldProcess("$AutomationAccountName/$($file.BaseName)", 'Upload and publish')) {
        $runbook = "$account/runbooks/$($file.BaseName)"
        $null = Invoke-Az rest --method put --url "$runbook/draft/content?$contentVersion" --headers Content-Type=text/powershell --body "@$($file.FullName)"
        $null = Invoke-Az rest --method post --url "$runbook/publish?$contentVersion"

        # Both calls are answered before they are done.
        foreach ($try in 1..30) {
            $state = (Invoke-Az rest --method get --url "${runbook}?$contentVersion" --output json | ConvertFrom-Json).properties.state
            if ($state -eq 'Published') { break }
            Start-Sleep -Seconds 2
        }

        if ($state -ne 'Published') { throw "$($file.BaseName) was uploaded but is still '$state' after a minute. Run the script again." }
    }

    [pscustomobject]@{ Runbook = $file.BaseName; State = $state }
}

$watched = $files | Where-Object BaseName -EQ $watchdog
if (-not $watched) { return }

# Only what the runbook asks for: Automation refuses an unknown parameter.
$asked = @([System.Management.Automation.Language.Parser]::ParseFile($watched.FullName, [ref] $null, [ref] $null).ParamBlock.Parameters | ForEach-Object { $_.Name.VariablePath.UserPath })
$parameters = @{}
if ('BaseUri' -in $asked) { $parameters['BaseUri'] = $BaseUri.AbsoluteUri }
if ('WebhookSecretId' -in $asked -and $WebhookSecretId) { $parameters['WebhookSecretId'] = $WebhookSecretId }

# A link cannot be changed, only replaced: its id follows from what it says, so that a second run finds its own.
$says = "$account|$watchdog|$ScheduleName|$($parameters['BaseUri'])|$($parameters['WebhookSecretId'])".ToLowerInvariant()
$link = [guid]::new([byte[]] [System.Security.Cryptography.SHA256]::HashData([System.Text.Encoding]::UTF8.GetBytes($says))[0..15]).ToString()
$links = @((Invoke-Az rest --method get --url "$account/jobSchedules?$linkVersion" --output json | ConvertFrom-Json).value |
        Where-Object { $_.properties.runbook.name -eq $watchdog -and $_.properties.schedule.name -eq $ScheduleName } |
        ForEach-Object { $_.properties.jobScheduleId })

if ($link -notin $links -and $PSCmdlet.ShouldProcess("$AutomationAccountName/$watchdog", "Run by the schedule $ScheduleName")) {
    foreach ($old in $links) { $null = Invoke-Az rest --method delete --url "$account/jobSchedules/${old}?$linkVersion" }
    $body = New-TemporaryFile
    try {
        ConvertTo-Json -Depth 5 -InputObject @{ properties = @{ runbook = @{ name = $watchdog }; schedule = @{ name = $ScheduleName }; parameters = $parameters } } | Set-Content -LiteralPath $body.FullName
        $null = Invoke-Az rest --method put --url "$account/jobSchedules/${link}?$linkVersion" --headers Content-Type=application/json --body "@$($body.FullName)"
    }
    finally {
        Remove-Item -LiteralPath $body.FullName -WhatIf:$false -Confirm:$false
    }
}
