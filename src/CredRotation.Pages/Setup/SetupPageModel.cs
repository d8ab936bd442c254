using CredRotation.Engine.Setup;

namespace CredRotation.Pages.Setup;

/// <summary>What the setup page shows.</summary>
/// <param name="Delivery">When somebody last typed back a code, and who.</param>
/// <param name="CanTest">The reader may send a code.</param>
public sealed record SetupPageModel(SetupReport Report, (DateTimeOffset On, string By)? Delivery, bool CanTest, string Person, DateTimeOffset Now)
{
    /// <summary>What is missing first, then what cannot be told, then what another mode needs.</summary>
    internal IEnumerable<Need> Open => Report.Needs.Where(need => need.State is not NeedState.Met).OrderBy(need => need.State switch { NeedState.Missing => 0, NeedState.Unknown => 1, _ => 2 });

    internal IReadOnlyList<Need> Met => [.. Report.Needs.Where(need => need.State is NeedState.Met)];

    internal static string Tone(NeedState state) => state switch { NeedState.Missing => "bad", NeedState.Unknown => "warn", _ => "" };

    internal static string Words(NeedState state) => state switch { NeedState.Missing => "missing", NeedState.Unknown => "cannot tell", _ => "not needed" };
}
