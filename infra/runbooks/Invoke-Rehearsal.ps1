#Requires -Version 7.2

<#
.SYNOPSIS
    Says what a rotation of one secret would do now. Nothing is changed.
.DESCRIPTION
    Asks CredRotation to rehearse: the verdict, who would be asked, what stands in the way with its remedy, and every step with its calls.
    Only properties are read, no value, and nothing is written.
.PARAMETER BaseUri
    The app's address, for example https://func-credrotation.azurewebsites.net/.
.PARAMETER Audience
    The audience of the app's sign-in, for example api://00000000-0000-0000-0000-000000000000.
.PARAMETER Vault
    The vault's address, for example https://kv-payments.vault.azure.net/.
.PARAMETER Secret
    The secret's name in that vault.
.EXAMPLE
    ./Invoke-Rehearsal.ps1 -BaseUri https://func-credrotation.azurewebsites.net/ -Audience api://credrotation -Vault https://kv-payments.vault.azure.net/ -Secret payment-gateway-api-key
.OUTPUTS
    One object for each line: Part, Name, What, Next.
#>
[CmdletBinding()]
param(
    [Parameter(Mandatory)] [uri] $BaseUri,
    [Parameter(Mandatory)] [ValidatePattern('^api://[^\s]{1,200}\z')] [string] $Audience,
    [Parameter(Mandatory)] [uri] $Vault,
    [Parameter(Mandatory)] [ValidatePattern('^[0-9A-Za-z-]{1,127}\z')] [string] $Secret
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

# --- The same in every runbook that shows times; a test compares them. ---
function ConvertTo-Moment {
    # An instant of an answer as UTC; null where there is none. ConvertFrom-Json makes dates of some texts by itself.
    param([AllowNull()] [object] $Value)

    if ($Value -is [datetime]) { return [System.DateTimeOffset]::new($Value.ToUniversalTime()) }
    $moment = [System.DateTimeOffset]::MinValue
    if ($Value -and [System.DateTimeOffset]::TryParse([string] $Value, [cultureinfo]::InvariantCulture, [System.Globalization.DateTimeStyles]::AssumeUniversal, [ref] $moment)) { $moment.ToUniversalTime() }
}

function Format-Moment {
    param([AllowNull()] [object] $Value)

    $moment = ConvertTo-Moment $Value
    if ($null -ne $moment) { $moment.ToString('yyyy-MM-dd HH:mm', [cultureinfo]::InvariantCulture) + ' UTC' } else { 'never' }
}
# --- End of what is the same for times. ---

function New-Line {
    param([string] $Part, [AllowNull()] [object] $Name, [AllowNull()] [object] $What, [AllowNull()] [object] $Next)

    [pscustomobject]@{ Part = $Part; Name = ConvertTo-PlainText $Name; What = ConvertTo-PlainText $What; Next = ConvertTo-PlainText $Next }
}

$linesMax = 200

Assert-Address $BaseUri 'BaseUri'
Assert-Address $Vault 'Vault'
$answer = Invoke-App $BaseUri (Get-ManagedToken $Audience) 'POST' '/api/rehearsals' @{ vault = $Vault.AbsoluteUri; secret = $Secret }
if ($answer.Status -ne 200 -or -not (Read-Value $answer.Body 'verdict')) { throw (Get-Problem $answer) }

$report = $answer.Body
New-Line 'Verdict' (Read-Value $report 'verdict') (Read-Value $report 'says') ''
New-Line 'Secret' $Secret "expires $(Format-Moment (Read-Value $report 'expiresOn'))$(if (-not (Read-Value $report 'isManaged')) { '; not managed' })" (Read-Value $report 'dueBecause')
New-Line 'Mode' (Read-Value $report 'mode') "set by $(Read-Value $report 'modeFrom')" ''
$approval = Read-Value $report 'approval'
if ($approval) {
    $group = if (Read-Value $approval 'groupName') { Read-Value $approval 'groupName' } else { Read-Value $approval 'group' }
    New-Line 'Approval' $group "$(Read-Value $approval 'needed') needed; $(Read-Value $approval 'people') people, $(Read-Value $approval 'state')" (Read-Value $approval 'why')
}
if (Read-Value $report 'openRotation') {
    New-Line 'Open rotation' (Read-Value $report 'openRotation') 'It goes on by its own plan.' (Get-PageLink $BaseUri "/api/pages/rotation/$(Read-Value $report 'openRotation')")
}

$inTheWay = @(Read-Value $report 'inTheWay')
foreach ($finding in $inTheWay | Select-Object -First $linesMax) { New-Line 'In the way' (Read-Value $finding 'code') (Read-Value $finding 'detail') (Read-Value $finding 'remedy') }
if ($inTheWay.Count -eq 0) { New-Line 'In the way' 'nothing' '' '' }

$lines = 0
foreach ($step in @(Read-Value $report 'steps')) {
    if (-not $step -or $lines -ge $linesMax) { break }
    New-Line 'Step' (Read-Value $step 'step') (Read-Value $step 'what') "$(if (Read-Value $step 'mayStop') { 'May stop: ' })$(@(Read-Value $step 'mayStop') -join '; ')"
    $lines++
    foreach ($call in @(Read-Value $step 'calls')) {
        if (-not $call -or $lines -ge $linesMax) { break }
        New-Line 'Call' (Read-Value $call 'kind') (Read-Value $call 'operation') $(if (Read-Value $call 'isEffect') { 'would change something' } else { 'reads' })
        $lines++
    }
}
