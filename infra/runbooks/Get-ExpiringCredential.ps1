#Requires -Version 7.2

<#
.SYNOPSIS
    Lists what expires soon or has expired, managed or not, the nearest end first.
.DESCRIPTION
    Reads CredRotation's inventory: managed credentials, and secrets, keys and certificates that are only watched, as the last sweep saw them,
    each with its owners and findings. Nothing is changed, and no value is read.
.PARAMETER BaseUri
    The app's address, for example https://func-credrotation.azurewebsites.net/.
.PARAMETER Audience
    The audience of the app's sign-in, for example api://00000000-0000-0000-0000-000000000000.
.PARAMETER Days
    How many days ahead to look. What has expired is always listed.
.EXAMPLE
    ./Get-ExpiringCredential.ps1 -BaseUri https://func-credrotation.azurewebsites.net/ -Audience api://credrotation -Days 14
.OUTPUTS
    One object for each: Name, Vault, Kind, State, Expires, TimeLeft, Owners, Findings, Page.
#>
[CmdletBinding()]
param(
    [Parameter(Mandatory)] [uri] $BaseUri,
    [Parameter(Mandatory)] [ValidatePattern('^api://[^\s]{1,200}\z')] [string] $Audience,
    [ValidateRange(0, 3650)] [int] $Days = 30
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

function Format-Left {
    param([timespan] $Left)

    $span = $Left.Duration()
    $size = if ($span.TotalDays -ge 2) { "$([Math]::Floor($span.TotalDays)) days" } elseif ($span.TotalHours -ge 2) { "$([Math]::Floor($span.TotalHours)) hours" } else { "$([Math]::Floor($span.TotalMinutes)) minutes" }
    if ($Left -lt [timespan]::Zero) { "expired $size ago" } else { $size }
}

Assert-Address $BaseUri 'BaseUri'
$answer = Invoke-App $BaseUri (Get-ManagedToken $Audience) 'GET' '/api/credentials' $null
if ($answer.Status -ne 200 -or -not (Test-Member $answer.Body 'credentials')) { throw (Get-Problem $answer) }

$now = [System.DateTimeOffset]::UtcNow
$findings = @{}
foreach ($finding in @(Read-Value $answer.Body 'findings')) {
    if (-not $finding) { continue }
    $about = "$(Read-Value $finding 'vault')|$(Read-Value $finding 'kind')|$(Read-Value $finding 'name')"
    $findings[$about] = @($findings[$about]) + "$(Read-Value $finding 'severity'): $(ConvertTo-PlainText (Read-Value $finding 'detail') 200)"
}

$managed = foreach ($row in @(Read-Value $answer.Body 'credentials')) {
    if (-not $row) { continue }
    $owners = Read-Value $row 'owners'
    $open = Read-Value $row 'openRotation'
    [pscustomobject]@{
        Name = Read-Value $row 'secret'; Vault = Read-Value $row 'vault'; Kind = 'Secret'; ExpiresOn = ConvertTo-Moment (Read-Value $row 'expiresOn')
        State  = if ($open) { 'managed, rotation open' } else { 'managed' }
        Owners = if ($owners) { "$(if (Read-Value $owners 'name') { Read-Value $owners 'name' } else { Read-Value $row 'ownerGroup' }): $(Read-Value $owners 'state'), $(Read-Value $owners 'people') people" } else { "$(Read-Value $row 'ownerGroup'): not looked up yet" }
        Page   = if ($open) { "/api/pages/rotation/$open" } else { "/api/pages/rehearsal/$(Read-Value $row 'id')" }
    }
}
$watched = foreach ($row in @(Read-Value $answer.Body 'unmanaged')) {
    if (-not $row) { continue }
    $released = Read-Value $row 'releasedOn'
    [pscustomobject]@{
        Name = Read-Value $row 'name'; Vault = Read-Value $row 'vault'; Kind = Read-Value $row 'kind'; ExpiresOn = ConvertTo-Moment (Read-Value $row 'expiresOn')
        State  = "$(if ($released) { "watched, released $(Format-Moment $released)" } else { 'watched' })$(if (-not (Read-Value $row 'isEnabled')) { ', disabled' })"
        Owners = 'nobody rotates it'
        Page   = '/api/pages/credentials'
    }
}

$expiring = @(@($managed) + @($watched) | Where-Object { $null -ne $_ -and $null -ne $_.ExpiresOn -and $_.ExpiresOn -le $now.AddDays($Days) } | Sort-Object -Property ExpiresOn)
foreach ($row in $expiring) {
    $about = "$($row.Vault)|$($row.Kind)|$($row.Name)"
    [pscustomobject]@{
        Name     = ConvertTo-PlainText $row.Name 130
        Vault    = ConvertTo-PlainText $row.Vault 260
        Kind     = ConvertTo-PlainText $row.Kind 20
        State    = $row.State
        Expires  = $row.ExpiresOn.ToString('yyyy-MM-dd HH:mm', [cultureinfo]::InvariantCulture) + ' UTC'
        TimeLeft = Format-Left ($row.ExpiresOn - $now)
        Owners   = ConvertTo-PlainText $row.Owners
        Findings = ConvertTo-PlainText (@($findings[$about] | Where-Object { $_ }) -join ' | ') 1000
        Page     = Get-PageLink $BaseUri $row.Page
    }
}

if ($expiring.Count -eq 0) { Write-Output "Nothing that CredRotation watches expires within $Days days." }
if (Read-Value $answer.Body 'isCut') { Write-Warning 'More credentials exist than the app lists at once: what expires may be among them. Open the credentials page.' }
