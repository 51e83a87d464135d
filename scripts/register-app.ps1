#Requires -Version 7.2
#Requires -Modules Microsoft.Graph.Authentication, Microsoft.Graph.Applications, ExchangeOnlineManagement
<#
.SYNOPSIS
Registers an app for riva-prep, with no more permissions than its work needs.

.DESCRIPTION
Makes a certificate, an app with it, and its grants: in Exchange Online, for the
members of one group, what Exchange can confine (RBAC for Applications), and in
Entra ID, for the whole tenant, the rest. Changes nothing but that, and asks first.
To be run on Windows by somebody who may consent for the tenant and manage roles in
Exchange. docs/permissions.md says what each permission is used for.

.EXAMPLE
scripts\register-app.ps1 -Group crm-users@contoso.example -For plan

.EXAMPLE
scripts\register-app.ps1 -Group crm-users@contoso.example -For run -Streams -NoTasks
#>
[CmdletBinding(SupportsShouldProcess, ConfirmImpact = "High")]
param(
    # A mail-enabled security group; only its direct members can be reached.
    [Parameter(Mandatory)] [string] $Group,
    # look: rollout check, status, report. plan: rollout plan as well. run: all of it.
    [ValidateSet("look", "plan", "run")] [string] $For = "plan",
    # Exchange's own streams, which bring back all of an item.
    [switch] $Streams,
    # Tasks can only be granted for all mailboxes of the tenant: leave them out.
    [switch] $NoTasks,
    [string] $Name = "riva-prep",
    [string] $Certificate = "$Name.pfx"
)
Set-StrictMode -Version Latest
$ErrorActionPreference = "Stop"

# What is granted in Entra ID, and what in Exchange. A wider name stands for the
# narrower one.
$graphLook = @("User.Read.All", "Organization.Read.All", "GroupMember.Read.All")
$graphPlan = @("Tasks.Read.All")
$graphRun = @("Tasks.ReadWrite.All")
$graphStreams = @("MailboxItem.ImportExport.All", "MailboxFolder.Read.All")
$exchangeLook = @("MailboxSettings.Read")
$exchangePlan = @("Contacts.Read", "Calendars.Read")
$exchangeRun = @("Contacts.ReadWrite", "Calendars.ReadWrite", "MailboxSettings.ReadWrite")

switch ($For) {
    "look" { $inGraph = $graphLook; $inExchange = $exchangeLook }
    "plan" { $inGraph = $graphLook + $graphPlan; $inExchange = $exchangeLook + $exchangePlan }
    "run" { $inGraph = $graphLook + $graphRun; $inExchange = $exchangeRun }
}
if ($Streams) {
    if ($For -ne "run") { throw "streams are only used by runs: leave -Streams out, or say -For run" }
    $inGraph += $graphStreams
}
if ($NoTasks) { $inGraph = @($inGraph | Where-Object { $_ -notlike "Tasks.*" }) }

# Look first, so that nothing is left half made.
if (Test-Path $Certificate) { throw "$Certificate is there already: name another file with -Certificate" }
Connect-MgGraph -Scopes "Application.ReadWrite.All", "AppRoleAssignment.ReadWrite.All" -NoWelcome
Connect-ExchangeOnline -ShowBanner:$false
$tenant = (Get-MgContext).TenantId
$members = (Get-DistributionGroup -Identity $Group).DistinguishedName
if (Get-MgApplication -Filter "displayName eq '$($Name.Replace("'", "''"))'") { throw "an app called $Name is there already: name another with -Name" }
if (Get-ManagementScope | Where-Object Name -eq $Name) { throw "a management scope called $Name is there already: name another app with -Name" }
$graph = Get-MgServicePrincipal -Filter "appId eq '00000003-0000-0000-c000-000000000000'"
$roles = foreach ($role in $inGraph) {
    $found = $graph.AppRoles | Where-Object { $_.Value -eq $role -and $_.AllowedMemberTypes -contains "Application" }
    if (-not $found) { throw "this cloud has no permission $($role): leave out what needs it" }
    $found
}
$what = "register it; grant in Entra ID, for the whole tenant: $($inGraph -join ", "); in Exchange, for members of $($Group): $($inExchange -join ", ")"
if (-not $PSCmdlet.ShouldProcess($Name, $what)) { return }

$key = New-SelfSignedCertificate -Subject "CN=$Name" -CertStoreLocation Cert:\CurrentUser\My -NotAfter (Get-Date).AddYears(1)
$password = Read-Host -AsSecureString "A password for $Certificate"
Export-PfxCertificate -Cert $key -FilePath $Certificate -Password $password | Out-Null

$app = New-MgApplication -DisplayName $Name -SignInAudience AzureADMyOrg -KeyCredentials @(
    @{ Type = "AsymmetricX509Cert"; Usage = "Verify"; Key = $key.RawData; DisplayName = $Name }
)
$principal = New-MgServicePrincipal -AppId $app.AppId
foreach ($role in $roles) {
    New-MgServicePrincipalAppRoleAssignment -ServicePrincipalId $principal.Id -PrincipalId $principal.Id -ResourceId $graph.Id -AppRoleId $role.Id | Out-Null
}

New-ServicePrincipal -AppId $app.AppId -ObjectId $principal.Id -DisplayName $Name | Out-Null
New-ManagementScope -Name $Name -RecipientRestrictionFilter "MemberOfGroup -eq '$($members.Replace("'", "''"))'" | Out-Null
foreach ($role in $inExchange) {
    New-ManagementRoleAssignment -App $app.AppId -Role "Application $role" -CustomResourceScope $Name | Out-Null
}

Write-Output @"
Exchange takes up to two hours until it knows of this. Then:

`$env:AZURE_TENANT_ID = "$tenant"
`$env:AZURE_CLIENT_ID = "$($app.AppId)"
`$env:AZURE_CLIENT_CERTIFICATE_PATH = "$((Resolve-Path $Certificate).Path)"
`$env:AZURE_CLIENT_CERTIFICATE_PASSWORD = "<the password>"
Test-ServicePrincipalAuthorization -Identity $($app.AppId) -Resource <a member of $Group>
riva-prep doctor --mailbox <a member of $Group> --outside <somebody else>
"@
