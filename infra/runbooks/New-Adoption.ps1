#Requires -Version 7.2

<#
.SYNOPSIS
    Adopts a secret that is there already, so that CredRotation rotates it before it ends.
.DESCRIPTION
    Finds the credential that apps run at the provider, shows which tags and which end would be written to the vault, and writes them in one call.
    The value is not touched. The first rotation asks the owners. With -WhatIf it only shows. Where the provider lists several credentials and does
    not show which one is in use, an owner picks it on the adoption page; without that a person retires the old one after the first rotation.
.PARAMETER BaseUri
    The app's address, for example https://func-credrotation.azurewebsites.net/.
.PARAMETER Audience
    The audience of the app's sign-in, for example api://00000000-0000-0000-0000-000000000000.
.PARAMETER Vault
    The vault's address, for example https://kv-payments.vault.azure.net/.
.PARAMETER Secret
    The secret's name in that vault.
.PARAMETER Account
    The alias of the account at the provider, as Rotation:Accounts names it.
.PARAMETER Target
    The object at the provider that the credential belongs to.
.PARAMETER Owner
    The object id of the Entra group that answers for it.
.PARAMETER Policy
    The policy, as Rotation:Policies names it. Empty: the default policy.
.PARAMETER Consumers
    Aliases of the apps that must prove the new version, with a comma between two. Empty: the policy's.
.PARAMETER ExpiresOn
    The end of the current credential, as 2027-01-31T00:00:00Z. Empty: as the vault says.
.EXAMPLE
    ./New-Adoption.ps1 -BaseUri https://func-credrotation.azurewebsites.net/ -Audience api://credrotation -Vault https://kv-payments.vault.azure.net/ -Secret payment-gateway-api-key -Account gateway-main -Target S2-5B4C3D2E1F -Owner 11111111-1111-1111-1111-111111111111 -WhatIf
.OUTPUTS
    One object: Outcome, WhatHappened, Written, InUse, FirstRotation, Next, Page.
#>
[CmdletBinding(SupportsShouldProcess)]
param(
    [Parameter(Mandatory)] [uri] $BaseUri,
    [Parameter(Mandatory)] [ValidatePattern('^api://[^\s]{1,200}\z')] [string] $Audience,
    [Parameter(Mandatory)] [uri] $Vault,
    [Parameter(Mandatory)] [ValidatePattern('^[0-9A-Za-z-]{1,127}\z')] [string] $Secret,
    [Parameter(Mandatory)] [ValidatePattern('^[A-Za-z0-9._:/@-]{1,200}\z')] [string] $Account,
    [Parameter(Mandatory)] [ValidatePattern('^[A-Za-z0-9._:/@-]{1,200}\z')] [string] $Target,
    [Parameter(Mandatory)] [guid] $Owner,
    [ValidatePattern('^[A-Za-z0-9._:/@-]{0,200}\z')] [string] $Policy = '',
    [ValidatePattern('^[A-Za-z0-9._:/@,; -]{0,256}\z')] [string] $Consumers = '',
    [ValidatePattern('^([0-9]{4}-[0-9TZ:.+-]{6,30})?\z')] [string] $ExpiresOn = ''
)

# --- The same in every runbook, since Automation runs each file alone; a test compares them. ---
Set-StrictMode -Version 3.0
$ErrorActionPreference = 'Stop'

function ConvertTo-PlainText {
    # Outside text on one line, bounded, without characters that hide or reorder others.
    param([AllowNull()] [object] $Value, [int] $Max = 400)

    $text = [string] $Value
    $isCut = $text.Length -gt $Max
    if ($isCut) { $text = $text.Substring(0, $Max) }
    $text = [regex]::Replace($text, '[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+', ' ').Trim()
    if ($isCut) { "$text..." } else { $text }
}

function Read-Value {
    # A member of an answer; null where the answer has none.
    param([AllowNull()] [object] $From, [string] $Name)

    if (Test-Member $From $Name) { $From.PSObject.Properties[$Name].Value }
}

function Test-Member {
    param([AllowNull()] [object] $Of, [string] $Name)

    $null -ne $Of -and $null -ne $Of.PSObject.Properties[$Name]
}

function New-Failure {
    # What a person reads in the failed job.
    param([string] $WhatHappened, [string] $WhatStillWorks, [string] $Next)

    "What happened: $WhatHappened`nWhat still works: $WhatStillWorks`nWhat to do next: $Next"
}

function Assert-Address {
    # No token goes over an open wire: https, or http to this machine.
    param([uri] $Address, [string] $Name)

    $isSafe = $Address.IsAbsoluteUri -and ($Address.Scheme -eq 'https' -or ($Address.Scheme -eq 'http' -and $Address.IsLoopback))
    if (-not $isSafe -or $Address.UserInfo) {
        throw (New-Failure "-$Name is no https address." 'Nothing was called.' "Give -$Name an address such as https://func-credrotation.azurewebsites.net/.")
    }
}

function ConvertFrom-Answer {
    # The JSON of an answer; null where it holds none that can be read.
    param([object] $Response)

    $content = $Response.Content
    if ($content -is [byte[]]) { $content = [System.Text.Encoding]::UTF8.GetString($content) }
    if (-not $content -or $content.Length -gt 16MB) { return $null }
    try { ConvertFrom-Json -InputObject $content } catch { $null }
}

function Get-ManagedToken {
    # A token of this Automation account's own identity; no Az module is needed.
    param([string] $Resource)

    if (-not $env:IDENTITY_ENDPOINT -or -not $env:IDENTITY_HEADER) {
        throw (New-Failure 'This job has no managed identity.' 'Nothing was called.' 'Switch on the system-assigned identity of the Automation account, and run this as a runbook there.')
    }

    $status = 'no answer'
    try {
        $response = Invoke-WebRequest -Uri "$($env:IDENTITY_ENDPOINT)?resource=$([uri]::EscapeDataString($Resource))" -Headers @{ 'X-IDENTITY-HEADER' = $env:IDENTITY_HEADER; Metadata = 'true' } -SkipHttpErrorCheck -MaximumRedirection 0 -NoProxy -TimeoutSec 30 -Verbose:$false -Debug:$false
        $status = "status $($response.StatusCode)"
        $text = if ($response.StatusCode -eq 200) { Read-Value (ConvertFrom-Answer $response) 'access_token' }
    }
    catch { $text = $null }
    if ($text -isnot [string] -or -not $text) {
        throw (New-Failure "The managed identity got no token for $(ConvertTo-PlainText $Resource) ($status)." 'Nothing was called.' 'Check the audience. If the app registration requires assignment, assign the app role Rotation.Operate to the Automation account.')
    }

    $token = [securestring]::new()
    foreach ($character in $text.ToCharArray()) { $token.AppendChar($character) }
    $token.MakeReadOnly()
    $token
}
# --- End of what is the same in every runbook. ---

# --- The same in every runbook that calls the app as itself; a test compares them. ---
function Invoke-App {
    # One call of the app's API; status and JSON, whatever the status.
    param([uri] $BaseUri, [securestring] $Token, [string] $Method, [string] $Path, [AllowNull()] [hashtable] $Body)

    $call = @{
        Uri                            = [uri]::new($BaseUri, $Path)
        Method                         = $Method
        Authentication                 = 'Bearer'
        Token                          = $Token
        AllowUnencryptedAuthentication = $BaseUri.Scheme -eq 'http'
        SkipHttpErrorCheck             = $true
        MaximumRedirection             = 0
        TimeoutSec                     = 120
    }
    if ($Body) {
        $call['Body'] = [System.Text.Encoding]::UTF8.GetBytes((ConvertTo-Json -InputObject $Body -Compress))
        $call['ContentType'] = 'application/json'
    }

    try { $response = Invoke-WebRequest @call -Verbose:$false -Debug:$false }
    catch {
        throw (New-Failure "The app at $($BaseUri.Authority) did not answer ($(ConvertTo-PlainText $_.Exception.Message))." 'What was recorded before stands, and apps keep the credentials they run.' 'Repeat this in a minute; repeating is harmless. If it goes on, see whether the function app is started.')
    }

    [pscustomobject]@{ Status = [int] $response.StatusCode; Body = ConvertFrom-Answer $response }
}

function Get-Problem {
    # What the app said of a call that was not done, in its three parts.
    param([object] $Answer)

    $body = $Answer.Body
    if (Read-Value $body 'detail') {
        return New-Failure "$(ConvertTo-PlainText (Read-Value $body 'title')) ($($Answer.Status)): $(ConvertTo-PlainText (Read-Value $body 'detail'))" (ConvertTo-PlainText (Read-Value $body 'whatStillWorks')) (ConvertTo-PlainText (Read-Value $body 'next'))
    }

    $next = switch ($Answer.Status) {
        401 { 'Check -Audience, and that the sign-in of the function app accepts it.' }
        403 { 'Assign the app role Rotation.Operate to this Automation account, and allow it in the sign-in of the function app.' }
        404 { 'Check -BaseUri: it is the address of the function app, without a path.' }
        default { 'Repeat this in a minute. If it goes on, look at the log of the function app.' }
    }
    New-Failure "The app answered $($Answer.Status), without saying why." 'Nothing was changed by this call. Rotations go on as they were.' $next
}

function Get-PageLink {
    # A page's whole address: what the app gave, or its path below the app's own address.
    param([uri] $BaseUri, [AllowNull()] [object] $Page)

    $address = $null
    if ([uri]::TryCreate($BaseUri, (ConvertTo-PlainText $Page), [ref] $address) -and $address.Scheme -eq $BaseUri.Scheme) { return $address.AbsoluteUri }
    [uri]::new($BaseUri, '/api/pages/credentials').AbsoluteUri
}
# --- End of what is the same in those. ---

function New-Outcome {
    param([string] $Outcome, [string] $WhatHappened, [object] $Seen, [string] $Next)

    $written = @(Read-Value $Seen 'tags') | Where-Object { $_ } | ForEach-Object { "$(ConvertTo-PlainText (Read-Value $_ 'tag') 80)=$(ConvertTo-PlainText (Read-Value $_ 'to') 260)" }
    $end = ConvertTo-PlainText (Read-Value $Seen 'expiresTo') 40
    if ((Read-Value $Seen 'expiresFrom') -ne (Read-Value $Seen 'expiresTo')) { $written = @($written) + "exp=$end" }
    [pscustomobject]@{
        Outcome       = $Outcome
        WhatHappened  = $WhatHappened
        Written       = @($written) -join '; '
        InUse         = "$(ConvertTo-PlainText (Read-Value (Read-Value $Seen 'current') 'id') 80) $(ConvertTo-PlainText (Read-Value (Read-Value $Seen 'current') 'says'))".Trim()
        FirstRotation = ConvertTo-PlainText (Read-Value (Read-Value $Seen 'rehearsal') 'says')
        Next          = $Next
        Page          = Get-PageLink $BaseUri '/api/pages/credentials'
    }
}

function Get-Refusal {
    # What stands against it, in the app's own words.
    param([object] $Answer)

    $refusal = @(Read-Value $Answer.Body 'refusals') | Where-Object { $_ }
    if (-not $refusal) { return Get-Problem $Answer }

    $what = @($refusal | ForEach-Object { ConvertTo-PlainText (Read-Value $_ 'detail') }) -join ' '
    $next = @($refusal | ForEach-Object { ConvertTo-PlainText (Read-Value $_ 'remedy') }) -join ' '
    New-Failure "It is not adopted: $what" 'Nothing was written. Apps keep the credential they run.' $next
}

Assert-Address $BaseUri 'BaseUri'
Assert-Address $Vault 'Vault'
$token = Get-ManagedToken $Audience
$ask = @{ vault = $Vault.AbsoluteUri; secret = $Secret; account = $Account; target = $Target; owner = [string] $Owner }
if ($Policy) { $ask['policy'] = $Policy }
if ($Consumers) { $ask['consumers'] = $Consumers }
if ($ExpiresOn) { $ask['expiresOn'] = $ExpiresOn }

$seen = Invoke-App $BaseUri $token 'POST' '/api/adoptions' $ask
if ($seen.Status -eq 409) { throw (Get-Refusal $seen) }
if ($seen.Status -ne 200 -or -not (Read-Value $seen.Body 'change')) { throw (Get-Problem $seen) }

if (-not $PSCmdlet.ShouldProcess("$($Vault.AbsoluteUri)secrets/$Secret", 'Write its tags and end, and adopt it')) {
    New-Outcome 'Proposed' 'Nothing was written: -WhatIf.' $seen.Body 'Run it without -WhatIf to adopt it.'
    return
}

# Only what was shown: had it changed meanwhile, the app refuses.
$ask['change'] = ConvertTo-PlainText (Read-Value $seen.Body 'change') 40
$answer = Invoke-App $BaseUri $token 'POST' '/api/adoptions' $ask
if ($answer.Status -eq 409) { throw (Get-Refusal $answer) }
if ($answer.Status -ne 202) { throw (Get-Problem $answer) }

New-Outcome 'Adopted' 'It is adopted. Its value was not touched, and apps noticed nothing.' $seen.Body 'Nothing now. An owner is asked before its first rotation, and may release it on the credentials page.'
