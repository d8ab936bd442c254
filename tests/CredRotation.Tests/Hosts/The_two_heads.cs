using System.Reflection;
using CredRotation.EmbeddedHost;
using CredRotation.Functions.Access;
using Microsoft.Azure.Functions.Worker;

namespace CredRotation.Tests.Hosts;

public sealed class The_two_heads
{
    /// <summary>What the official worker offers to a function class, as its source had it when this was written.</summary>
    private static readonly Dictionary<string, string[]> s_worker = new()
    {
        ["Microsoft.Azure.Functions.Worker.FunctionAttribute"] = ["Name"],
        ["Microsoft.Azure.Functions.Worker.TimerTriggerAttribute"] = ["Schedule", "RunOnStartup", "UseMonitor"],
        ["Microsoft.Azure.Functions.Worker.EventGridTriggerAttribute"] = ["IsBatched"],
        ["Microsoft.Azure.Functions.Worker.QueueTriggerAttribute"] = ["QueueName", "Connection"],
        ["Microsoft.Azure.Functions.Worker.HttpTriggerAttribute"] = ["AuthLevel", "Methods", "Route"],
        ["Microsoft.Azure.Functions.Worker.AuthorizationLevel"] = ["Anonymous", "User", "Function", "System", "Admin"],
        ["Microsoft.Azure.Functions.Worker.TimerInfo"] = ["ScheduleStatus", "IsPastDue"],
        ["Microsoft.Azure.Functions.Worker.Builder.FunctionsApplication"] = ["CreateBuilder"],
        ["Microsoft.Azure.Functions.Worker.Builder.FunctionsApplicationBuilder"] = ["Services", "Configuration", "Logging", "Environment", "Build"],
        ["Microsoft.Azure.Functions.Worker.Builder.FunctionsApplicationBuilderExtensions"] = ["ConfigureFunctionsWebApplication"],
    };

    private static readonly Assembly s_embedded = typeof(EmbeddedApp).Assembly;

    [Fact]
    public void Use_nothing_that_the_official_worker_does_not_offer()
    {
        var used = from type in s_embedded.GetExportedTypes()
                   where type.Namespace?.StartsWith("Microsoft.Azure.Functions.Worker", StringComparison.Ordinal) is true
                   from member in type.GetMembers(BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly)
                   where member is PropertyInfo or FieldInfo { IsSpecialName: false } or MethodInfo { IsSpecialName: false }
                   select (Type: type.FullName!, member.Name);

        Assert.DoesNotContain(used, member => !s_worker.TryGetValue(member.Type, out var known) || !known.Contains(member.Name));
    }

    [Fact]
    public void Have_one_function_for_each_row_of_the_table()
    {
        var functions = from method in Functions()
                        let http = method.GetParameters()[0].GetCustomAttribute<HttpTriggerAttribute>()
                        where http is not null
                        select $"{method.GetCustomAttribute<FunctionAttribute>()!.Name} {string.Join(',', http.Methods).ToUpperInvariant()} {http.Route}";

        Assert.Equal(AuthorizationTable.Rows.Select(row => $"{row.Name} {row.Method} {row.Route}").Order(), functions.Order());
    }

    [Fact]
    public void Serve_the_calls_that_are_due()
    {
        string[] due =
        [
            "GET credentials", "GET credentials/{id}", "POST rotations", "GET rotations/{id}", "POST rotations/{id}/approve", "POST rotations/{id}/reject",
            "POST rotations/{id}/choose", "POST acknowledgements", "GET pages/{name}/{id?}", "GET health", "POST adoptions", "DELETE adoptions/{id}", "POST adoptions/{id}/release", "POST rehearsals", "GET rotations/{id}/evidence", "GET setup", "POST setup/test-code", "POST setup/delivery",
        ];

        Assert.Equal(due.Order(), AuthorizationTable.Rows.Select(row => $"{row.Method} {row.Route}").Order());
    }

    [Fact]
    public void Run_the_same_ways_in_beside_http()
        => Assert.Equal(
            ["AdvanceRotation", "HearEvent", "NotePoisonEvent", "NotePoisonRotation", "OnSecretNearExpiry", "SweepForExpiry", "WakeSleepers"],
            from method in Functions()
            where method.GetParameters()[0].GetCustomAttribute<HttpTriggerAttribute>() is null
            orderby method.Name
            select method.GetCustomAttribute<FunctionAttribute>()!.Name into name
            orderby name
            select name);

    [Fact]
    public void Keep_host_keys_out_of_it()
        => Assert.All(Functions(), method => Assert.Equal(AuthorizationLevel.Anonymous, method.GetParameters()[0].GetCustomAttribute<HttpTriggerAttribute>()?.AuthLevel ?? AuthorizationLevel.Anonymous));

    private static IEnumerable<MethodInfo> Functions() => s_embedded.GetExportedTypes().SelectMany(type => type.GetMethods()).Where(method => method.GetCustomAttribute<FunctionAttribute>() is not null);
}
