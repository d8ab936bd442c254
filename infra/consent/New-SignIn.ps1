#Requires -Version 7.2
<#
.SYNOPSIS
    Makes or updates the registration with which people and runbooks sign in to CredRotation. It has no secret.
.DESCRIPTION
    The registration gets the app roles Rotation.Operate and Rotation.Audit, the redirect address of App Service authentication, ID tokens,
    and a federated credential by which the app's own identity vouches for it: nothing here expires, and nobody carries a key.

    Run it as Application Administrator or Cloud Application Administrator, signed in with 'az login', after the first 'azd up'. Run it as
    often as you like: what is there stays, what is missing is added.
.PARAMETER AppUri
    The app's address: azd env get-value APP_URI -C infra
.PARAMETER IdentityPrincipalId
    Object id of the app's identity: azd env get-value APP_IDENTITY_PRINCIPAL_ID -C infra
.PARAMETER DisplayName
    Name of the registration; people see it when they sign in.
.PARAMETER ClientId
    An existing registration to update; needed when several carry the name.
.PARAMETER OperatorPrincipalId
    Object ids of people, groups or identities that get Rotation.Operate. The Automation account's: azd env get-value AUTOMATION_PRINCIPAL_ID -C infra
.PARAMETER AuditorPrincipalId
    Object ids of people, groups or identities that get Rotation.Audit.
.EXAMPLE
    ./New-SignIn.ps1 -AppUri https://func-example.azurewebsites.net/ -IdentityPrincipalId 00000000-0000-0000-0000-000000000001 -WhatIf
.OUTPUTS
    One object: signInClientId, redirectUri, next.
#>
[CmdletBinding(SupportsShouldProcess)]
param(
    [Parameter(Mandatory)] [ValidateScript({ $_.Scheme -eq 'https' }, ErrorMessage = 'AppUri must begin with https://.')] [uri] $AppUri,
    [Parameter(Mandatory)] [guid] $IdentityPrincipalId,
    [ValidateNotNullOrEmpty()] [string] $DisplayName = 'CredRotation',
    [guid] $ClientId,
    [guid[]] $OperatorPrincipalId = @(),
    [guid[]] $AuditorPrincipalId = @()
)

Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

function Invoke-Az {
    $answer = & az @args --only-show-errors --output json
    if ($LASTEXITCODE -ne 0) { throw "az $($args[0..1] -join ' ') failed; its message stands above. What was done before stays; run the script again once it is mended." }
    if ($answer) { $answer | Out-String | ConvertFrom-Json }
}

function Send-Graph([string] $Method, [string] $Path, $Body) {
    $file = New-TemporaryFile
    try {
        # A file, because quotes do not survive every shell.
        ConvertTo-Json -InputObject $Body -Depth 10 | Set-Content -LiteralPath $file.FullName
        Invoke-Az rest --method $Method --url "$graph/v1.0/$Path" --headers Content-Type=application/json --body "@$($file.FullName)"
    }
    finally {
        Remove-Item -LiteralPath $file.FullName -WhatIf:$false -Confirm:$false
    }
}

function Read-Graph([string] $Path) {
    $page = "$graph/v1.0/$Path"
    while ($page) {
        $answer = Invoke-Az rest --method get --url $page
        $answer.value
        $page = $answer.PSObject.Properties['@odata.nextLink']?.Value
    }
}

$cloud = Invoke-Az cloud show
$graph = $cloud.endpoints.microsoftGraphResourceId.TrimEnd('/')
$tenant = (Invoke-Az account show).tenantId
$login, $exchange = switch ($cloud.name) {
    'AzureUSGovernment' { 'https://login.microsoftonline.us', 'api://AzureADTokenExchangeUSGov' }
    'AzureChinaCloud' { 'https://login.partner.microsoftonline.cn', 'api://AzureADTokenExchangeChina' }
    default { 'https://login.microsoftonline.com', 'api://AzureADTokenExchange' }
}

$redirect = [uri]::new($AppUri, '/.auth/login/aad/callback').AbsoluteUri
$roles = @(
    @{ id = '6f0e2c5e-5a0f-4a0e-9a43-7d3b0a5a8c01'; value = 'Rotation.Operate'; displayName = 'Operate rotations'; description = 'Rehearse, start rotations, read everything. Gives no approval.' }
    @{ id = '6f0e2c5e-5a0f-4a0e-9a43-7d3b0a5a8c02'; value = 'Rotation.Audit'; displayName = 'Audit rotations'; description = 'Read everything, evidence included. Changes nothing.' }
)

# The list answers names that begin alike, too.
$found = @(if ($PSBoundParameters.ContainsKey('ClientId')) { Invoke-Az ad app show --id $ClientId }
    else { Invoke-Az ad app list --display-name $DisplayName | Where-Object displayName -EQ $DisplayName })
if ($found.Count -gt 1) { throw "$($found.Count) registrations are called '$DisplayName'. Say which by -ClientId: $($found.appId -join ', ')." }

if ($found.Count -eq 0) {
    if (-not $PSCmdlet.ShouldProcess($DisplayName, 'Make the registration, with roles, redirect address and federated credential')) { return }
    $found = @(Send-Graph post applications @{ displayName = $DisplayName; signInAudience = 'AzureADMyOrg' })
}

$app = Invoke-Az rest --method get --url "$graph/v1.0/applications/$($found[0].id)"
if ($PSCmdlet.ShouldProcess("$DisplayName ($($app.appId))", "Set app roles, redirect address $redirect and ID tokens")) {
    # Roles and addresses that somebody else added stay: the directory replaces these lists as a whole, and refuses members it only shows.
    $there = @($app.appRoles | ForEach-Object { @{ id = $_.id; value = $_.value; displayName = $_.displayName; description = $_.description; isEnabled = $_.isEnabled; allowedMemberTypes = @($_.allowedMemberTypes) } })
    $missing = @($roles | Where-Object { $_.value -notin @($there | ForEach-Object { $_.value }) } |
            ForEach-Object { $_ + @{ isEnabled = $true; allowedMemberTypes = @('User', 'Application') } })
    $null = Send-Graph patch "applications/$($app.id)" @{
        identifierUris = @(@($app.identifierUris) + "api://$($app.appId)" | Select-Object -Unique)
        api            = @{ requestedAccessTokenVersion = 2 }
        appRoles       = @($there + $missing)
        web            = @{
            redirectUris          = @(@($app.web.redirectUris) + $redirect | Select-Object -Unique)
            implicitGrantSettings = @{ enableIdTokenIssuance = $true }
        }
    }
}

$credentials = @(Read-Graph "applications/$($app.id)/federatedIdentityCredentials")
if (-not ($credentials | Where-Object subject -EQ "$IdentityPrincipalId") -and
    $PSCmdlet.ShouldProcess("$DisplayName ($($app.appId))", "Trust the identity $IdentityPrincipalId instead of a secret")) {
    $null = Send-Graph post "applications/$($app.id)/federatedIdentityCredentials" @{
        # A new identity gets a name of its own, so that replacing the app does not collide with the old one's trust.
        name      = "credrotation-$IdentityPrincipalId"
        issuer    = "$login/$tenant/v2.0"
        subject   = "$IdentityPrincipalId"
        audiences = @($exchange)
    }
}

$principal = Invoke-Az ad sp list --filter "appId eq '$($app.appId)'" | Select-Object -First 1
if (-not $principal -and $PSCmdlet.ShouldProcess("$DisplayName ($($app.appId))", 'Make its service principal in this tenant')) {
    $principal = Send-Graph post servicePrincipals @{ appId = $app.appId; tags = @('WindowsAzureActiveDirectoryIntegratedApp') }
}

if ($principal) {
    $app = Invoke-Az rest --method get --url "$graph/v1.0/applications/$($app.id)"
    $assigned = @(Read-Graph "servicePrincipals/$($principal.id)/appRoleAssignedTo")
    $wanted = @($OperatorPrincipalId | ForEach-Object { @{ to = "$_"; role = 'Rotation.Operate' } }) + @($AuditorPrincipalId | ForEach-Object { @{ to = "$_"; role = 'Rotation.Audit' } })
    foreach ($grant in $wanted) {
        $role = $app.appRoles | Where-Object value -EQ $grant.role
        if (-not $role -or ($assigned | Where-Object { $_.principalId -eq $grant.to -and $_.appRoleId -eq $role.id })) { continue }
        if ($PSCmdlet.ShouldProcess($grant.to, "Give $($grant.role)")) {
            $null = Send-Graph post "servicePrincipals/$($principal.id)/appRoleAssignedTo" @{ principalId = $grant.to; resourceId = $principal.id; appRoleId = $role.id }
        }
    }
}

[pscustomobject]@{
    signInClientId = $app.appId
    redirectUri    = $redirect
    next           = "azd env set SIGN_IN_CLIENT_ID $($app.appId) -C infra; azd provision -C infra"
}
