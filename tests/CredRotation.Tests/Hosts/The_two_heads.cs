using System.Reflection;
using System.Xml.Linq;
using CredRotation.Adapters.Storage;
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

    /// <summary>Constructors by their parameters: what compiles against ours must compile against the worker's own.</summary>
    private static readonly Dictionary<string, string> s_constructors = new()
    {
        ["FunctionAttribute"] = "String",
        ["TimerTriggerAttribute"] = "String",
        ["EventGridTriggerAttribute"] = "",
        ["QueueTriggerAttribute"] = "String",
        ["HttpTriggerAttribute"] = "AuthorizationLevel, String[]",
    };

    /// <summary>Versions that belong together by the worker's own source.</summary>
    private static readonly Dictionary<string, string> s_packages = new()
    {
        ["Microsoft.Azure.Functions.Worker"] = "2.52.0",
        ["Microsoft.Azure.Functions.Worker.Sdk"] = "2.1.0",
        ["Microsoft.Azure.Functions.Worker.Extensions.Timer"] = "4.3.1",
        ["Microsoft.Azure.Functions.Worker.Extensions.EventGrid"] = "3.6.0",
        ["Microsoft.Azure.Functions.Worker.Extensions.Http"] = "3.3.0",
        ["Microsoft.Azure.Functions.Worker.Extensions.Http.AspNetCore"] = "2.1.1",
        ["Microsoft.Azure.Functions.Worker.Extensions.Storage.Queues"] = "5.5.5",
    };

    [Fact]
    public void Make_triggers_as_the_official_ones_are_made()
    {
        var attributes = s_embedded.GetExportedTypes().Where(type => type.Namespace == "Microsoft.Azure.Functions.Worker" && type.IsAssignableTo(typeof(Attribute)));

        Assert.Equal(s_constructors.OrderBy(known => known.Key, StringComparer.Ordinal), from attribute in attributes
                                                                                         orderby attribute.Name
                                                                                         select KeyValuePair.Create(attribute.Name, string.Join(", ", attribute.GetConstructors().Single().GetParameters().Select(parameter => parameter.ParameterType.Name))));
    }

    [Fact]
    public void Are_built_for_the_official_packages_of_one_release()
    {
        var versions = XDocument.Load(Path.Combine(Repository.Root, "src", "Directory.Packages.props")).Descendants("PackageVersion").ToDictionary(package => (string)package.Attribute("Include")!, package => (string)package.Attribute("Version")!);
        var worker = XDocument.Load(Path.Combine(Repository.Root, "src", "CredRotation.Functions", "CredRotation.Functions.csproj"));

        Assert.All(s_packages, package => Assert.Equal(package.Value, versions[package.Key]));
        Assert.Equal(s_packages.Keys.Order(StringComparer.Ordinal), worker.Descendants("PackageReference").Select(package => (string)package.Attribute("Include")!).Where(s_packages.ContainsKey).Order(StringComparer.Ordinal));
        Assert.All(worker.Descendants("PackageReference"), package => Assert.Null(package.Attribute("Condition")));
        Assert.Equal(("v4", "Exe"), ((string)worker.Descendants("AzureFunctionsVersion").Single(), (string)worker.Descendants("OutputType").Single()));
    }

    [Fact]
    public void Have_functions_that_the_official_host_finds_and_connects()
    {
        var functions = Functions().ToList();

        Assert.All(functions, function => Assert.True(function.DeclaringType!.IsPublic && function.IsPublic));
        var names = functions.Select(function => function.GetCustomAttribute<FunctionAttribute>()!.Name).ToList();
        Assert.Equal(names.Count, names.Distinct(StringComparer.OrdinalIgnoreCase).Count());
        Assert.All(names, name => Assert.Matches("^[A-Za-z][A-Za-z0-9]{0,126}$", name));
        var queues = functions.Select(function => function.GetParameters()[0].GetCustomAttribute<QueueTriggerAttribute>()).OfType<QueueTriggerAttribute>().ToList();
        Assert.All(queues, queue => Assert.Equal("AzureWebJobsStorage", queue.Connection));
        Assert.Equal(["events", "events-poison", "rotations", "rotations-poison"], queues.Select(queue => queue.QueueName).Order(StringComparer.Ordinal));
        Assert.Equal(QueueRules.Rotations, CredRotation.Functions.AdvanceRotation.Queue);
    }

    [Fact]
    public void Are_told_apart_by_the_configuration_of_the_solution()
    {
        var solution = File.ReadAllLines(Path.Combine(Repository.Root, "CredRotation.sln"));
        var worker = solution.Single(line => line.Contains("CredRotation.Functions.csproj", StringComparison.Ordinal)).Split('"')[^2];

        Assert.Equal([$"{worker}.Azure|Any CPU.Build.0 = Release|Any CPU"], solution.Select(line => line.Trim()).Where(line => line.StartsWith(worker, StringComparison.Ordinal) && line.Contains("Build.0", StringComparison.Ordinal)));
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
            "GET credentials", "GET credentials/{id}", "POST credentials/{id}/acknowledge", "POST rotations", "GET rotations/{id}", "POST rotations/{id}/approve", "POST rotations/{id}/reject",
            "POST rotations/{id}/choose", "POST rotations/{id}/rollback", "POST rotations/{id}/intake", "POST acknowledgements", "POST failures", "POST leases", "GET pages/{name}/{id?}", "GET health", "POST adoptions", "POST adoptions/bulk", "DELETE adoptions/{id}", "POST adoptions/{id}/release", "POST rehearsals", "GET rotations/{id}/evidence", "GET setup", "POST setup/test-code", "POST setup/delivery",
        ];

        Assert.Equal(due.Order(), AuthorizationTable.Rows.Select(row => $"{row.Method} {row.Route}").Order());
    }

    [Fact]
    public void Run_the_same_ways_in_beside_http()
        => Assert.Equal(
            ["AdvanceRotation", "HearEvent", "NotePoisonEvent", "NotePoisonRotation", "OnSecretNearExpiry", "RemindOwners", "SweepForExpiry", "WakeSleepers"],
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
