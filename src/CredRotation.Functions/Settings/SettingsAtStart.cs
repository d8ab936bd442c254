using CredRotation.Adapters;
using CredRotation.Adapters.Mail;
using CredRotation.Adapters.Storage;
using CredRotation.Adapters.Teams;
using CredRotation.Engine;
using CredRotation.Engine.Detect.Health;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace CredRotation.Functions.Settings;

/// <summary>Looks at all settings before the host starts anything. The framework's own validator would stop at the first value it cannot read.</summary>
internal sealed class SettingsAtStart(IConfiguration configuration, IServiceProvider services, IEnumerable<IStartupCheck> checks) : IStartupValidator
{
    private static readonly string[] s_schedules = ["SweepSchedule", "WakeSchedule", "RemindSchedule"];

    public void Validate()
    {
        List<string> faults =
        [
            .. Section<RotationOptions>(RotationOptions.Section),
            .. Section<HealthOptions>(HealthOptions.Section),
            .. Section<TeamsOptions>(TeamsOptions.Section),
            .. Section<MailOptions>(MailOptions.Section),
            .. SettingsShape.Faults(configuration, StorageOptions.Section, typeof(StorageOptions)),
            .. ScheduleFaults(),
            .. checks.SelectMany(check => check.Faults()),
        ];
        if (faults.Count > 0) throw new SettingsRefusedException([.. faults.Distinct()]);
    }

    private IEnumerable<string> Section<TOptions>(string section)
        where TOptions : class
    {
        var faults = SettingsShape.Faults(configuration, section, typeof(TOptions)).ToList();
        if (faults.Count > 0) return faults;

        try
        {
            _ = services.GetRequiredService<IOptions<TOptions>>().Value;
            return [];
        }
        catch (OptionsValidationException refused)
        {
            return refused.Failures;
        }
    }

    /// <summary>The platform reads them, and would say no more than that a function cannot be indexed.</summary>
    private IEnumerable<string> ScheduleFaults()
        => from setting in s_schedules
           where configuration[setting]?.Split(' ', StringSplitOptions.RemoveEmptyEntries).Length != 6
           select $"{setting} must be six fields, {{second}} {{minute}} {{hour}} {{day}} {{month}} {{day-of-week}}, for example {SettingSamples.Of(setting)}.";
}
