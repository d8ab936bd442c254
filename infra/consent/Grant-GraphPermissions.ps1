#Requires -Version 7.2
<#
.SYNOPSIS
    Grants CredRotation's identity what it reads in Microsoft Graph.
.DESCRIPTION
    GroupMember.Read.All and User.Read.All (application): who is in an owner group, and whose account is enabled. Without them owners
    cannot be seen; rotations hold and say so. -MailSend adds Mail.Send, which reaches every mailbox unless Exchange limits it.
    -ApplicationRead adds Application.Read.All: the ends of app registrations' secrets and certificates (Rotation__WatchAppRegistrations).

    It is a script of its own because the person who may consent is rarely the one who deploys: run it as Privileged Role Administrator,
    signed in with 'az login'. Run it as often as you like; what is granted already stays. The platform keeps tokens for up to a day, so a
    grant may take that long to be seen.
.PARAMETER PrincipalId
    Object id of the app's identity: azd env get-value APP_IDENTITY_PRINCIPAL_ID -C infra
.PARAMETER MailSend
    Also grant Mail.Send, for mail besides Teams.
.PARAMETER ApplicationRead
    Also grant Application.Read.All, to announce the ends of app registrations' secrets and certificates.
.EXAMPLE
    ./Grant-GraphPermissions.ps1 -PrincipalId 00000000-0000-0000-0000-000000000001 -WhatIf
.OUTPUTS
    One object for each permission: Permission, State.
#>
[CmdletBinding(SupportsShouldProcess, ConfirmImpact = 'High')]
param(
    [Parameter(Mandatory)] [guid] $PrincipalId,
    [switch] $MailSend,
    [switch] $ApplicationRead
)

Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

function Invoke-Az {
    $answer = & az @args --only-show-errors --output json
    if ($LASTEXITCODE -ne 0) { throw "az $($args[0..1] -join ' ') failed; its message stands above. Nothing after this step was done; run the script again once it is mended." }
    if ($answer) { $answer | Out-String | ConvertFrom-Json }
}

$graph = (Invoke-Az cloud show).endpoints.microsoftGraphResourceId.TrimEnd('/')
$graphApp = Invoke-Az ad sp show --id 00000003-0000-0000-c000-000000000000

$granted = @()
$page = "$graph/v1.0/servicePrincipals/$PrincipalId/appRoleAssignments"
while ($page) {
    $answer = Invoke-Az rest --method get --url $page
    $granted += $answer.value
    $page = $answer.PSObject.Properties['@odata.nextLink']?.Value
}

$wanted = @('GroupMember.Read.All', 'User.Read.All') + @(if ($MailSend) { 'Mail.Send' }) + @(if ($ApplicationRead) { 'Application.Read.All' })
foreach ($permission in $wanted) {
    # By name: ids are the same in every tenant as far as known, but the directory is the one to say so.
    $role = $graphApp.appRoles | Where-Object { $_.value -eq $permission -and $_.allowedMemberTypes -contains 'Application' }
    if (-not $role) { throw "Microsoft Graph of this tenant offers no application permission $permission." }

    $state = 'granted before'
    if (-not ($granted | Where-Object { $_.appRoleId -eq $role.id -and $_.resourceId -eq $graphApp.id })) {
        $state = 'not granted'
        if ($PSCmdlet.ShouldProcess($PrincipalId, "Grant $permission")) {
            $body = New-TemporaryFile
            try {
                # A file, because quotes do not survive every shell.
                @{ principalId = "$PrincipalId"; resourceId = $graphApp.id; appRoleId = $role.id } | ConvertTo-Json | Set-Content -LiteralPath $body.FullName
                $null = Invoke-Az rest --method post --url "$graph/v1.0/servicePrincipals/$($graphApp.id)/appRoleAssignedTo" --headers Content-Type=application/json --body "@$($body.FullName)"
            }
            finally {
                Remove-Item -LiteralPath $body.FullName -WhatIf:$false -Confirm:$false
            }

            $state = 'granted'
        }
    }

    [pscustomobject]@{ Permission = $permission; State = $state }
}
