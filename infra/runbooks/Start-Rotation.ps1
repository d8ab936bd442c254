#Requires -Version 7.2

<#
.SYNOPSIS
    Opens the rotation of one secret now. Approvals stay with its owners.
.DESCRIPTION
    Asks CredRotation to rotate a managed secret before it is due. Who starts a rotation cannot approve it, and this runbook carries nobody's
    authority: the owners are asked as always. Where a rotation of the secret is open already, that one is named, and the job succeeds.
.PARAMETER BaseUri
    The app's address, for example https://func-credrotation.azurewebsites.net/.
.PARAMETER Audience
    The audience of the app's sign-in, for example api://00000000-0000-0000-0000-000000000000.
.PARAMETER Vault
    The vault's address, for example https://kv-payments.vault.azure.net/.
.PARAMETER Secret
    The secret's name in that vault.
.PARAMETER Reason
    Why, on one line. It is kept in the ledger and shown to the owners. Never write a secret here: Automation keeps every parameter.
.EXAMPLE
    ./Start-Rotation.ps1 -BaseUri https://func-credrotation.azurewebsites.net/ -Audience api://credrotation -Vault https://kv-payments.vault.azure.net/ -Secret payment-gateway-api-key -Reason 'A laptop was stolen.' -WhatIf
.OUTPUTS
    One object: Outcome, Rotation, WhatHappened, WhatStillWorks, Next, Page.
#>
[CmdletBinding(SupportsShouldProcess)]
param(
    [Parameter(Mandatory)] [uri] $BaseUri,
    [Parameter(Mandatory)] [ValidatePattern('^api://[^\s]{1,200}\z')] [string] $Audience,
    [Parameter(Mandatory)] [uri] $Vault,
    [Parameter(Mandatory)] [ValidatePattern('^[0-9A-Za-z-]{1,127}\z')] [string] $Secret,
    [Parameter(Mandatory)] [ValidatePattern('^[^\p{Cc}\p{Cf}]{3,500}\z')] [string] $Reason
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
    param([string] $Outcome, [AllowNull()] [object] $Rotation, [string] $WhatHappened, [string] $WhatStillWorks, [string] $Next)

    $id = ConvertTo-PlainText $Rotation 40
    [pscustomobject]@{
        Outcome        = $Outcome
        Rotation       = $id
        WhatHappened   = $WhatHappened
        WhatStillWorks = $WhatStillWorks
        Next           = $Next
        Page           = Get-PageLink $BaseUri $(if ($id) { "/api/pages/rotation/$([uri]::EscapeDataString($id))" } else { '/api/pages/credentials' })
    }
}

Assert-Address $BaseUri 'BaseUri'
Assert-Address $Vault 'Vault'
if (-not $PSCmdlet.ShouldProcess("$($Vault.AbsoluteUri)secrets/$Secret", 'Open a rotation now')) {
    New-Outcome 'NotAsked' '' 'Nothing was asked of the app: -WhatIf.' 'Everything as before.' 'Run Invoke-Rehearsal to see what a rotation would do.'
    return
}

$answer = Invoke-App $BaseUri (Get-ManagedToken $Audience) 'POST' '/api/rotations' @{ vault = $Vault.AbsoluteUri; secret = $Secret; reason = $Reason }
$open = Read-Value $answer.Body 'open'
if ($answer.Status -eq 202 -and (Read-Value $answer.Body 'id')) {
    New-Outcome 'Opened' (Read-Value $answer.Body 'id') 'The rotation was asked for; it opens within moments.' 'Apps keep the credential they run until each has proved the new one.' 'The owners are asked where the plan needs them. Follow the page.'
}
elseif ($answer.Status -eq 409 -and $open) {
    New-Outcome 'OpenAlready' $open 'A rotation of this secret is open already; no second one was begun.' 'The open rotation goes on by its own plan.' 'Follow the page: it says what the rotation waits for.'
}
else {
    throw (Get-Problem $answer)
}
