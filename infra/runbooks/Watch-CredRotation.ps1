#Requires -Version 7.2

<#
.SYNOPSIS
    Asks from outside whether CredRotation is alive, and fails when it is not.
.DESCRIPTION
    The watchdog, run by a schedule. It asks the app's health without signing in and shares nothing with the app: no timer, queue or telemetry.
    When a heartbeat is late, or the app cannot be reached or understood after some tries, it posts a card to Teams by itself, where a webhook
    is named, and fails the job, so that the platform's alert on failed jobs fires as well. Both say what is late, what still works and what to
    do next.
.PARAMETER BaseUri
    The app's address, for example https://func-credrotation.azurewebsites.net/.
.PARAMETER WebhookSecretId
    The Key Vault secret that holds the address of a Teams workflow, for example https://kv-platform.vault.azure.net/secrets/watchdog-webhook.
    The identity of the Automation account needs the role Key Vault Secrets User on it. Without it no card is posted.
.PARAMETER VaultAudience
    What a token for that vault is asked for; by default it follows from the vault's address.
.PARAMETER Tries
    How often the app is asked before it counts as down.
.PARAMETER PauseSeconds
    How long to wait between two tries.
.EXAMPLE
    ./Watch-CredRotation.ps1 -BaseUri https://func-credrotation.azurewebsites.net/ -WebhookSecretId https://kv-platform.vault.azure.net/secrets/watchdog-webhook -WhatIf
.OUTPUTS
    One line for each heartbeat.
#>
[CmdletBinding(SupportsShouldProcess)]
param(
    [Parameter(Mandatory)] [uri] $BaseUri,
    [AllowNull()] [uri] $WebhookSecretId,
    [ValidatePattern('^(https://[a-z.]{1,100})?\z')] [string] $VaultAudience = '',
    [ValidateRange(1, 10)] [int] $Tries = 3,
    [ValidateRange(0, 300)] [int] $PauseSeconds = 20
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

$linesMax = 60

function New-Ill {
    param([string] $Name, [string] $WhatHappened, [string] $WhatStillWorks, [string] $Next)

    [pscustomobject]@{ Name = $Name; WhatHappened = $WhatHappened; WhatStillWorks = $WhatStillWorks; Next = $Next }
}

function Read-Health {
    # The heartbeats, and what is wrong; nothing wrong is well.
    param([uri] $BaseUri)

    $works = 'Apps keep the credentials they run. Nothing is retired or issued while the app is down; what nears its end is not replaced meanwhile.'
    try {
        $response = Invoke-WebRequest -Uri ([uri]::new($BaseUri, '/api/health')) -SkipHttpErrorCheck -MaximumRedirection 0 -TimeoutSec 60 -Verbose:$false -Debug:$false
    }
    catch {
        return @{ Beats = @(); Ill = @(New-Ill 'app' "The app at $($BaseUri.Authority) did not answer ($(ConvertTo-PlainText $_.Exception.Message 200))." $works 'Open the function app in the portal: is it started, and what does its log say? Check its network. Then run this runbook again.') }
    }

    $report = ConvertFrom-Answer $response
    $beats = @(Read-Value $report 'heartbeats' | Where-Object { $null -ne $_ -and (Read-Value $_ 'name') })
    $isOk = Read-Value $report 'isOk'
    $late = @($beats | Where-Object { (Read-Value $_ 'isOk') -ne $true })
    $isUnderstood = $isOk -is [bool] -and $beats.Count -gt 0 -and (($response.StatusCode -eq 200 -and $isOk -and $late.Count -eq 0) -or ($response.StatusCode -eq 503 -and $late.Count -gt 0))
    if (-not $isUnderstood) {
        return @{ Beats = @(); Ill = @(New-Ill 'app' "The app at $($BaseUri.Authority) answered $([int] $response.StatusCode), and that is no report of its health." $works 'Check -BaseUri, and whether the function app starts: its log says why not. Then run this runbook again.') }
    }

    @{
        Beats = $beats
        Ill   = @(foreach ($beat in $late | Select-Object -First $linesMax) {
                New-Ill (ConvertTo-PlainText (Read-Value $beat 'name') 60) (ConvertTo-PlainText (Read-Value $beat 'whatIsLate')) (ConvertTo-PlainText (Read-Value $beat 'whatStillWorks')) (ConvertTo-PlainText (Read-Value $beat 'next'))
            })
    }
}

function ConvertTo-CardText {
    # Teams reads mentions, links and emphasis out of any text: what the app said means only itself.
    param([string] $Text)

    $plain = $Text.Replace('<', [string] [char] 0x2039).Replace('>', [string] [char] 0x203A).Replace('[', '(').Replace(']', ')').Replace('://', ':// ')
    [regex]::Replace($plain, '[\\*_~`#|]', '\$0')
}

function New-Card {
    param([object[]] $Ill, [uri] $BaseUri)

    $body = [System.Collections.Generic.List[object]]::new()
    $body.Add([ordered]@{ type = 'TextBlock'; text = 'CredRotation needs somebody'; wrap = $true; weight = 'bolder'; size = 'large'; color = 'attention' })
    foreach ($one in $Ill | Select-Object -First 8) {
        $body.Add([ordered]@{ type = 'TextBlock'; text = ConvertTo-CardText "$($one.Name): $($one.WhatHappened)"; wrap = $true })
        $body.Add([ordered]@{ type = 'FactSet'; facts = @([ordered]@{ title = 'What still works'; value = ConvertTo-CardText $one.WhatStillWorks }, [ordered]@{ title = 'What to do'; value = ConvertTo-CardText $one.Next }) })
    }
    if ($Ill.Count -gt 8) { $body.Add([ordered]@{ type = 'TextBlock'; text = "And $($Ill.Count - 8) more; the job of this runbook lists them."; wrap = $true }) }

    $content = [ordered]@{
        '$schema' = 'http://adaptivecards.io/schemas/adaptive-card.json'; type = 'AdaptiveCard'; version = '1.4'; msteams = @{ width = 'Full' }; body = $body.ToArray()
        actions   = @([ordered]@{ type = 'Action.OpenUrl'; title = 'Open its health'; url = [uri]::new($BaseUri, '/api/health').AbsoluteUri })
    }
    ConvertTo-Json -Depth 10 -Compress -InputObject ([ordered]@{ type = 'message'; attachments = @([ordered]@{ contentType = 'application/vnd.microsoft.card.adaptive'; contentUrl = $null; content = $content }) })
}

function Get-Webhook {
    # The address is itself the right to post, so it is kept as a secret until it is used.
    param([uri] $SecretId, [string] $Audience)

    Assert-Address $SecretId 'WebhookSecretId'
    if ($SecretId.AbsolutePath -notmatch '^/secrets/[0-9A-Za-z-]{1,127}(/[0-9a-f]{32})?\z' -or $SecretId.Query) { throw 'it is no address of a Key Vault secret' }
    if (-not $Audience) {
        if ($SecretId.Host -notmatch '^[0-9A-Za-z-]{1,60}\.(vault\.[a-z.]{1,60})\z') { throw 'which audience its vault has cannot be told from its address; name it by -VaultAudience' }
        $Audience = "https://$($Matches[1])"
    }

    $response = Invoke-WebRequest -Uri "$($SecretId.AbsoluteUri)?api-version=7.6" -Authentication Bearer -Token (Get-ManagedToken $Audience) -SkipHttpErrorCheck -MaximumRedirection 0 -TimeoutSec 30 -Verbose:$false -Debug:$false
    $text = if ($response.StatusCode -eq 200) { Read-Value (ConvertFrom-Answer $response) 'value' }
    $address = $null
    if ($text -isnot [string] -or -not [uri]::TryCreate($text, 'Absolute', [ref] $address) -or $address.Scheme -ne 'https') { throw "the vault answered $($response.StatusCode), and there is no https address in it" }

    $secure = [securestring]::new()
    foreach ($character in $text.ToCharArray()) { $secure.AppendChar($character) }
    $secure
}

function Send-Card {
    # How the alert in Teams went, in words.
    param([object[]] $Ill, [uri] $BaseUri, [uri] $SecretId, [string] $Audience)

    try { $webhook = Get-Webhook $SecretId $Audience }
    catch { return "No card was posted: the webhook could not be read ($(ConvertTo-PlainText $_.Exception.Message 200))." }
    try {
        $response = Invoke-WebRequest -Uri ([System.Net.NetworkCredential]::new('', $webhook).Password) -Method POST -ContentType 'application/json' -Body ([System.Text.Encoding]::UTF8.GetBytes((New-Card $Ill $BaseUri))) -SkipHttpErrorCheck -MaximumRedirection 0 -TimeoutSec 60 -Verbose:$false -Debug:$false
        if ($response.StatusCode -ge 200 -and $response.StatusCode -lt 300) { 'A card was posted to Teams.' } else { "No card was posted: Teams answered $([int] $response.StatusCode)." }
    }
    catch {
        # Only the kind: a message may quote the address.
        "No card was posted: Teams did not answer ($($_.Exception.GetType().Name))."
    }
}

Assert-Address $BaseUri 'BaseUri'
for ($try = 1; ; $try++) {
    $health = Read-Health $BaseUri
    if ($health.Ill.Count -eq 0 -or $try -ge $Tries) { break }
    Start-Sleep -Seconds $PauseSeconds
}

foreach ($beat in $health.Beats | Select-Object -First $linesMax) {
    $age = Read-Value $beat 'ageSeconds'
    $state = if ((Read-Value $beat 'isOk') -eq $true) { 'well' } else { 'LATE' }
    $last = if ($null -eq $age) { 'no success yet' } else { "last success $([Math]::Round([double] $age / 60)) minutes ago" }
    Write-Output "$(ConvertTo-PlainText (Read-Value $beat 'name') 60): $state, $last$(if (Read-Value $beat 'hasTrouble') { ', its newest run had trouble' })"
}

if ($health.Ill.Count -gt 0) {
    $told = if (-not "$WebhookSecretId") { 'No card was posted: no -WebhookSecretId was given.' }
    elseif ($PSCmdlet.ShouldProcess('Teams', 'Post a card')) { Send-Card $health.Ill $BaseUri $WebhookSecretId $VaultAudience }
    else { 'No card was posted: -WhatIf.' }
    Write-Output $told

    $said = foreach ($one in $health.Ill) { "[$($one.Name)]`n$(New-Failure $one.WhatHappened $one.WhatStillWorks $one.Next)" }
    throw (@($said) -join "`n")
}
