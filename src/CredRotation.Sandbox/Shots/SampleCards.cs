using CredRotation.Engine;
using CredRotation.Pages;
using CredRotation.Pages.Rotations;

namespace CredRotation.Sandbox.Shots;

/// <summary>A card of every kind and of every reason to wait, as the app renders them: what a test validates and a picture shows.</summary>
internal static class SampleCards
{
    private static readonly Uri s_pages = new("https://rotation.example/");

    private static readonly ServiceProvider s_services = new ServiceCollection().AddLogging().AddPages().BuildServiceProvider();

    public static IReadOnlyDictionary<string, string> Kinds { get; } = Enum.GetValues<NoticeKind>().ToDictionary(kind => $"{kind}", kind => Of(kind));

    public static IReadOnlyDictionary<string, string> Holds { get; } = Enum.GetValues<HoldReason>().ToDictionary(reason => $"{NoticeKind.Hold} {reason}", reason => Of(reason));

    public static IReadOnlyDictionary<string, string> All { get; } = Kinds.Concat(Holds).ToDictionary();

    public static string Render(Notice notice) => s_services.GetRequiredService<INoticeRenderer>().RenderTeamsMessage(notice, s_pages);

    /// <summary>The same text in every place that a card has.</summary>
    public static string Saying(string text)
        => Render(new Notice(NoticeKind.Incident, null, text, text, text, text, [new NoticeFact(text, text)], [text], "/api/pages/rotation/abc"));

    private static string Of(NoticeKind kind)
        => Render(new Notice(
            kind, null, $"payment-gateway-api-key: {kind}", "It was not replaced yet. The provider answered nothing for 20 minutes.", "Consumers run the old credential; it ends 2026-12-12 09:00 UTC.", "Open the page and choose.",
            [new("Vault", "payments.vault.azure.net"), new("Account and target", "shop-gateway / S2-5B4C3D2E1F"), new("Got as far as", "Authorized")], [], "/api/pages/rotation/abc", More: 3));

    private static string Of(HoldReason reason)
        => Render(new Notice(
            NoticeKind.Hold, null, "payment-gateway-api-key waits for you", HoldWords.Question(reason), "Everything: nothing was issued.", "Open the page and choose.",
            [new("Vault", "payments.vault.azure.net"), new("Answer before", "2026-12-05 09:00 UTC")], ["retry: Try this step again now.", "abandon: Give this rotation up."], "/api/pages/rotation/abc"));
}
