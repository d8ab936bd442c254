using CredRotation.Engine.Setup;

namespace CredRotation.Pages.Setup;

/// <summary>What the setup page shows.</summary>
/// <param name="Delivery">When somebody last typed back a code, and who.</param>
/// <param name="CanTest">The reader may send a code.</param>
public sealed record SetupPageModel(SetupReport Report, (DateTimeOffset On, string By)? Delivery, bool CanTest, string Person, DateTimeOffset Now)
{
    internal IEnumerable<Need> Worst => Report.Needs.OrderBy(need => need.State switch { NeedState.Missing => 0, NeedState.Unknown => 1, NeedState.NotNeeded => 2, _ => 3 });

    internal static string Tone(NeedState state) => state switch { NeedState.Met => "good", NeedState.Missing => "bad", NeedState.Unknown => "warn", _ => "" };

    internal static string Words(NeedState state) => state switch { NeedState.Met => "met", NeedState.Missing => "missing", NeedState.Unknown => "cannot tell", _ => "not needed" };
}
