using CredRotation.Engine.Registry;

namespace CredRotation.Engine.Releases;

/// <summary>What owners are told when they are asked to release an adoption.</summary>
internal static class ReleaseNotices
{
    public static Notice Asked(CredentialRow row, ReleaseRequest asked, string group)
        => new(NoticeKind.Hold, group,
            $"Release {row.Secret.Name}?",
            $"{asked.PersonName} asks that CredRotation stops rotating this credential: {asked.Reason}",
            "Everything: it stays adopted, and is rotated as before, until one of its owners releases it.",
            "Open the page. Release it there if that is meant; else do nothing, and the request ends by itself.",
            [
                new("Vault", row.Secret.VaultHost),
                new("Account and target", $"{row.Binding.Account} / {row.Binding.Target}"),
                new("The request ends", EngineTime.Text(asked.EndsOn)),
            ],
            [],
            Page);

    public const string Page = "/api/pages/credentials";
}
